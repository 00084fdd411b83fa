import { setTimeout as wait } from 'node:timers/promises';
import type {
  AdminServerArgument,
  AdminServerOperations,
} from '../app/admin-server.js';
import type { LongestBlocks } from '../app/loop-watch.js';
import type { FeederArgument } from '../load/feeder.js';
import type { FillerOperations } from '../load/filler.js';
import type { Cores } from '../processes/cores.js';
import { RedisServer } from '../processes/redis-server.js';
import { Remote } from '../processes/remote.js';
import { AdminClient, type Answer } from './admin-client.js';
import { measureIndexSize } from './index-size.js';
import { tell } from './progress.js';
import { type Question, QUESTIONS } from './questions.js';

const WARM_UP_TIMES = 20;
const IDLE_TIMES = 100;
const IDLE_MS = 20;

/** An answer, and how it held up the app's event loop. */
export interface WatchedAnswer extends Answer, LongestBlocks {}

/** How one question was answered, time by time. */
export interface QuestionTimes {
  question: Question;
  /** By an app that has never answered it, and has nothing of it in memory. */
  first: WatchedAnswer;
  answers: readonly WatchedAnswer[];
}

/** All questions over so many sessions. */
export interface QuestionRound {
  sessions: number;
  requests: number;
  /** Memory of what finds requests by their ids. */
  indexBytes: number;
  /** While nothing was asked: what the machine alone does. */
  idleBlocks: readonly LongestBlocks[];
  times: readonly QuestionTimes[];
}

export async function measureQuestions(
  cores: Cores,
  sessions: number,
): Promise<QuestionRound> {
  const redis = await RedisServer.start({ core: cores.load });
  try {
    tell(`Questions: storing ${sessions} sessions`);
    const requests = await fill(redis.url, cores, sessions);
    const indexBytes = await measureIndexSize(redis.client);
    tell(`Questions: asking about ${sessions} sessions`);
    const asked = await askAll(redis.url, cores);
    return { sessions, requests, indexBytes, ...asked };
  } finally {
    await redis.dispose();
  }
}

async function fill(
  redisUrl: string,
  cores: Cores,
  sessions: number,
): Promise<number> {
  const script = new URL('../load/filler.js', import.meta.url);
  const argument: FeederArgument = { redisUrl };
  const filler = await Remote.start<FillerOperations>(script, argument, {
    core: cores.app,
  });
  try {
    return await filler.call('fill', sessions);
  } finally {
    await filler.stop();
  }
}

async function askAll(
  redisUrl: string,
  cores: Cores,
): Promise<Pick<QuestionRound, 'idleBlocks' | 'times'>> {
  const script = new URL('../app/admin-server.js', import.meta.url);
  const argument: AdminServerArgument = { redisUrl };
  const server = await Remote.start<AdminServerOperations>(script, argument, {
    core: cores.app,
  });
  try {
    const client = new AdminClient(await server.call('port'));
    const subjects = await client.findSubjects();
    const times: QuestionTimes[] = [];
    for (const question of QUESTIONS) {
      const ask = (turn: number): Promise<Answer> =>
        client.ask(question.path(subjects, turn));
      const watch = async (turn: number): Promise<WatchedAnswer> => {
        await server.call('watchLoop');
        const answer = await ask(turn);
        return { ...answer, ...(await server.call('longestBlocks')) };
      };
      const first = await watch(0);
      await repeat(WARM_UP_TIMES, ask);
      times.push({
        question,
        first,
        answers: await repeat(question.times, watch),
      });
    }
    const idleBlocks = await repeat(IDLE_TIMES, async () => {
      await server.call('watchLoop');
      await wait(IDLE_MS);
      return server.call('longestBlocks');
    });
    return { idleBlocks, times };
  } finally {
    await server.stop();
  }
}

async function repeat<T>(
  times: number,
  act: (turn: number) => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  for (let turn = 0; turn < times; turn += 1) {
    results.push(await act(turn));
  }
  return results;
}
