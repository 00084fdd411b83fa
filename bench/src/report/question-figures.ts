import type {
  QuestionRound,
  QuestionTimes,
} from '../measure/question-times.js';
import { median, quantileOf } from './statistics.js';

/** What the answers to one question took. */
export interface QuestionFigures {
  name: string;
  limitMs: number;
  firstMs: number;
  medianMs: number;
  p95Ms: number;
  medianBlockMs: number;
  longestBlockMs: number;
  /** As far as the app's thread had its core. */
  longestOwnBlockMs: number;
  bytes: number;
}

export function figuresOf({
  question: { name, limitMs },
  first,
  answers,
}: QuestionTimes): QuestionFigures {
  const milliseconds = answers.map((answer) => answer.milliseconds);
  const blocks = answers.map(({ blockMs }) => blockMs);
  return {
    name,
    limitMs,
    firstMs: first.milliseconds,
    medianMs: median(milliseconds),
    p95Ms: quantileOf(milliseconds, 0.95),
    medianBlockMs: median(blocks),
    longestBlockMs: Math.max(first.blockMs, ...blocks),
    longestOwnBlockMs: Math.max(
      ...[first, ...answers].map(({ ownBlockMs }) => ownBlockMs),
    ),
    bytes: median(answers.map(({ bytes }) => bytes)),
  };
}

export function indexBytesPerRequest({
  indexBytes,
  requests,
}: QuestionRound): number {
  return indexBytes / requests;
}
