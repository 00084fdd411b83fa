import type { QuestionRound } from '../measure/question-times.js';
import { megabytes, thousands } from './format.js';
import { table } from './markdown.js';
import {
  figuresOf,
  indexBytesPerRequest,
  type QuestionFigures,
} from './question-figures.js';
import { median } from './statistics.js';
import type { Target } from './targets.js';

const LONGEST_BLOCK_MS = 20;
const MOST_INDEX_BYTES = 100;

/** Those about the largest number of sessions. */
export function questionTargets(rounds: readonly QuestionRound[]): Target[] {
  const largest = rounds.at(-1);
  if (largest === undefined) {
    return [];
  }
  const figures = largest.times.map(figuresOf);
  const indexBytes = Math.max(...rounds.map(indexBytesPerRequest));
  return [
    ...figures.map(({ name, limitMs, p95Ms }) => ({
      what: `Questions: \`${name}\`, p95`,
      limit: `${limitMs} ms`,
      measured: millis(p95Ms),
      reached: p95Ms <= limitMs,
    })),
    ...blockTargets(figures),
    {
      what: 'Questions: index of requests, per request',
      limit: `${MOST_INDEX_BYTES} bytes`,
      measured: `${indexBytes.toFixed(0)} bytes`,
      reached: indexBytes <= MOST_INDEX_BYTES,
    },
  ];
}

function blockTargets(figures: readonly QuestionFigures[]): Target[] {
  return [
    blockTarget('', figures, ({ longestBlockMs }) => longestBlockMs),
    blockTarget(
      ', without waiting for a core',
      figures,
      ({ longestOwnBlockMs }) => longestOwnBlockMs,
    ),
  ];
}

function blockTarget(
  what: string,
  figures: readonly QuestionFigures[],
  blockOf: (figures: QuestionFigures) => number,
): Target {
  const longest = Math.max(...figures.map(blockOf));
  const name = figures.find((each) => blockOf(each) === longest)?.name ?? '';
  return {
    what: `Questions: longest block of the event loop${what}`,
    limit: `${LONGEST_BLOCK_MS} ms`,
    measured: `${millis(longest)} (\`${name}\`)`,
    reached: longest <= LONGEST_BLOCK_MS,
  };
}

export function questionsSection(rounds: readonly QuestionRound[]): string[] {
  const largest = rounds.at(-1);
  if (largest === undefined) {
    return [];
  }
  const { sessions, requests, times, idleBlocks } = largest;
  const idleMs = idleBlocks.map(({ blockMs }) => blockMs);
  return [
    '## Questions',
    `The admin API, asked one question at a time about ${thousands(sessions)} sessions with ${thousands(requests)} requests of 20 routes within the last hour, all of them stored through the library. \`/journeys\` and \`/funnel\` read the 2,000 sessions that were used last. “First” is by an app that was never asked before: it compiles its code, and has none of the totals in memory that it remembers for a minute (\`/endpoints\`, \`/usage\`, \`/clients\`). “Blocks” is for how long the app came to nothing else within one answer, the first included; “own” leaves out how long its thread was ready to go on while its core had others at work. Those are the threads of Node itself, which collect garbage and compile: a full collection keeps them busy for some tens of milliseconds, and an app that is pinned has a single core.`,
    table(
      [
        'question',
        'first',
        'median',
        'p95',
        'blocks, median',
        'blocks, longest',
        'own, longest',
        'kB',
      ],
      ['left', 'right', 'right', 'right', 'right', 'right', 'right', 'right'],
      times
        .map(figuresOf)
        .map((each) => [
          `\`${each.name}\``,
          millis(each.firstMs),
          millis(each.medianMs),
          millis(each.p95Ms),
          millis(each.medianBlockMs),
          millis(each.longestBlockMs),
          millis(each.longestOwnBlockMs),
          (each.bytes / 1000).toFixed(1),
        ]),
    ),
    `While nothing was asked, the loop was held up for ${millis(median(idleMs))} (median) and at most ${millis(Math.max(...idleMs))} within as short a time, which is the noise of the machine.`,
    'How answers grow with what is stored, median and p95:',
    growthTable(rounds),
  ];
}

function growthTable(rounds: readonly QuestionRound[]): string {
  const byRound = rounds.map(({ times }) => times.map(figuresOf));
  const names = byRound[0]?.map(({ name }) => name) ?? [];
  return table(
    ['sessions', ...rounds.map(({ sessions }) => thousands(sessions))],
    ['left', ...rounds.map(() => 'right' as const)],
    [
      ...names.map((name, index) => [
        `\`${name}\``,
        ...byRound.map((figures) => medianAndP95(figures[index])),
      ]),
      [
        'index of requests',
        ...rounds.map(({ indexBytes }) => megabytes(indexBytes)),
      ],
      [
        'index, per request',
        ...rounds.map(
          (round) => `${indexBytesPerRequest(round).toFixed(0)} bytes`,
        ),
      ],
    ],
  );
}

function medianAndP95(figures: QuestionFigures | undefined): string {
  return figures === undefined
    ? ''
    : `${figures.medianMs.toFixed(1)} and ${millis(figures.p95Ms)}`;
}

function millis(value: number): string {
  return `${value.toFixed(1)} ms`;
}
