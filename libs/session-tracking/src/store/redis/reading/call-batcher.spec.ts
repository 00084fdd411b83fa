import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { keepBusy } from '../../../../testing/keep-busy.js';
import { StoreUnavailableError } from '../../../errors/store-unavailable.error.js';
import { breakWhenDue } from '../../../model/break-when-due.js';
import { CallBatcher } from './call-batcher.js';

interface Call {
  readonly questions: readonly string[];
  answer(answers: readonly string[]): void;
  fail(error: Error): void;
}

/** A batcher of three questions a call, and the calls that it makes, which the test answers. */
function batcherWithCalls(): {
  batcher: CallBatcher<string, string>;
  calls: Call[];
} {
  const calls: Call[] = [];
  const batcher = new CallBatcher<string, string>(
    3,
    (questions) =>
      new Promise((answer, fail) => calls.push({ questions, answer, fail })),
  );
  return { batcher, calls };
}

const asIs = (answer: string): string => answer;

function questionsOf(calls: readonly Call[]): (readonly string[])[] {
  return calls.map(({ questions }) => questions);
}

function askAll(
  batcher: CallBatcher<string, string>,
  questions: string,
): Promise<string>[] {
  return questions.split('').map((question) => batcher.ask(question, asIs));
}

describe('calls that answer several questions', () => {
  it('take what is asked in one go, and give everyone the own answer', async () => {
    const { batcher, calls } = batcherWithCalls();
    const answers = askAll(batcher, 'abcd');
    await setImmediate();
    expect(questionsOf(calls)).toEqual([['a', 'b', 'c'], ['d']]);
    calls[1]?.answer(['D']);
    calls[0]?.answer(['A', 'B', 'C']);
    expect(await Promise.all(answers)).toEqual(['A', 'B', 'C', 'D']);
    const later = batcher.ask('e', asIs);
    await setImmediate();
    calls[2]?.answer(['E']);
    expect(await later).toBe('E');
  });

  it('are two at a time, however much is asked', async () => {
    const { batcher, calls } = batcherWithCalls();
    const answers = askAll(batcher, 'abcdefgh');
    await setImmediate();
    answers.push(batcher.ask('i', asIs));
    await setImmediate();
    expect(questionsOf(calls)).toEqual([
      ['a', 'b', 'c'],
      ['d', 'e', 'f'],
    ]);
    calls[0]?.answer(['A', 'B', 'C']);
    await vi.waitFor(() => expect(calls).toHaveLength(3));
    expect(questionsOf(calls.slice(2))).toEqual([['g', 'h', 'i']]);
    calls[1]?.answer(['D', 'E', 'F']);
    calls[2]?.answer(['G', 'H', 'I']);
    expect((await Promise.all(answers)).join('')).toBe('ABCDEFGHI');
  });

  it('ask first what an earlier one left over', async () => {
    const { batcher, calls } = batcherWithCalls();
    const answers = askAll(batcher, 'abcdefg');
    await setImmediate();
    calls[0]?.answer(['A']);
    await vi.waitFor(() => expect(calls).toHaveLength(3));
    expect(questionsOf(calls.slice(2))).toEqual([['b', 'c', 'g']]);
    calls[1]?.answer(['D', 'E', 'F']);
    calls[2]?.answer(['B', 'C', 'G']);
    expect((await Promise.all(answers)).join('')).toBe('ABCDEFG');
  });

  it('fail for all that wait when one fails, and go on with what is asked then', async () => {
    const { batcher, calls } = batcherWithCalls();
    const outcomes = Promise.allSettled(askAll(batcher, 'abcdefgh'));
    await setImmediate();
    calls[0]?.fail(new Error('away'));
    await setImmediate();
    expect(calls).toHaveLength(2);
    calls[1]?.answer(['D', 'E', 'F']);
    const answered = (await outcomes).flatMap((outcome) =>
      outcome.status === 'fulfilled' ? [outcome.value] : [],
    );
    expect(answered).toEqual(['D', 'E', 'F']);
    const later = batcher.ask('i', asIs);
    await setImmediate();
    calls[2]?.answer(['I']);
    expect(await later).toBe('I');
  });

  it('fail where a call answers nothing at all', async () => {
    const { batcher, calls } = batcherWithCalls();
    const answer = batcher.ask('a', asIs);
    await setImmediate();
    calls[0]?.answer([]);
    await expect(answer).rejects.toThrow(StoreUnavailableError);
  });

  it('take in what takes long bit by bit, while Redis has the next', async () => {
    const { batcher, calls } = batcherWithCalls();
    const events: string[] = [];
    const takeIn = async (answer: string): Promise<void> => {
      for (let part = 1; part <= 2; part += 1) {
        // As long as a part of a large answer.
        keepBusy(6);
        events.push(`${answer}${part}`);
        await breakWhenDue();
      }
    };
    const taken = 'abc'
      .split('')
      .map((question) => batcher.ask(question, takeIn));
    await setImmediate();
    calls[0]?.answer(['A', 'B']);
    const others = [1, 2, 3].map(async (other) => {
      for (let turn = 0; turn < other; turn += 1) {
        await setImmediate();
      }
      events.push('other work');
    });
    await Promise.all([...taken.slice(0, 2), ...others]);
    expect(questionsOf(calls)).toEqual([['a', 'b', 'c'], ['c']]);
    expect(events.toSpliced(6)).toEqual([
      'A1',
      'other work',
      'A2',
      'other work',
      'B1',
      'other work',
    ]);
    calls[1]?.answer(['C']);
    await Promise.all(taken);
  });

  it('let other work in between short answers that are many together', async () => {
    const { batcher, calls } = batcherWithCalls();
    const events: string[] = [];
    const takeIn = (answer: string): void => {
      keepBusy(6);
      events.push(answer);
    };
    const taken = ['a', 'b'].map((question) => batcher.ask(question, takeIn));
    await setImmediate();
    calls[0]?.answer(['A', 'B']);
    const other = setImmediate().then(() => events.push('other work'));
    await Promise.all([...taken, other]);
    expect(events).toEqual(['A', 'other work', 'B']);
  });

  it('fail for the one whose answer cannot be taken in', async () => {
    const { batcher, calls } = batcherWithCalls();
    const failing = batcher.ask('a', () => {
      throw new Error('unreadable');
    });
    const other = batcher.ask('b', asIs);
    const outcomes = Promise.allSettled([failing, other]);
    await setImmediate();
    calls[0]?.answer(['A', 'B']);
    expect(await outcomes).toEqual([
      { status: 'rejected', reason: new Error('unreadable') },
      { status: 'fulfilled', value: 'B' },
    ]);
  });
});
