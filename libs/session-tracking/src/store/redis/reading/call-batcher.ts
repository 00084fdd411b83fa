import { StoreUnavailableError } from '../../../errors/store-unavailable.error.js';
import { breakWhenDue } from '../../../model/break-when-due.js';

/** Calls under way at most: Redis has work while an answer is taken in, and nobody waits long behind them. */
const MOST_CALLS = 2;

/** Makes what somebody asked for out of an answer; to take breaks where that takes long. */
export type TakeIn<Answer, T> = (answer: Answer) => T | Promise<T>;

interface Waiting<Question, Answer> {
  readonly question: Question;
  readonly takeIn: (answer: Answer) => Promise<void>;
  readonly reject: (error: unknown) => void;
}

/**
 * Asks in few calls what is asked for one by one; a bounded number of calls is under way at once. The
 * answers of a call are taken in one after the other, with breaks, so that they do not hold up the
 * application.
 */
export class CallBatcher<Question, Answer> {
  private waiting: Waiting<Question, Answer>[] = [];
  private callsUnderWay = 0;

  constructor(
    private readonly questionsPerCall: number,
    /**
     * Answers at least the first of the questions, in order; those it leaves over are asked again in
     * the next call.
     */
    private readonly call: (
      questions: readonly Question[],
    ) => Promise<readonly Answer[]>,
  ) {}

  ask<T>(question: Question, takeIn: TakeIn<Answer, T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.waiting.push({
        question,
        takeIn: async (answer) => {
          try {
            resolve(await takeIn(answer));
          } catch (error) {
            reject(error);
          }
        },
        reject,
      });
      if (this.waiting.length === 1) {
        // What is asked in the same go is to be in the same call.
        queueMicrotask(() => this.startCalls());
      }
    });
  }

  private startCalls(): void {
    while (this.waiting.length > 0 && this.callsUnderWay < MOST_CALLS) {
      void this.answerTogether(this.waiting.splice(0, this.questionsPerCall));
    }
  }

  private async answerTogether(
    group: readonly Waiting<Question, Answer>[],
  ): Promise<void> {
    this.callsUnderWay += 1;
    try {
      const answers = await this.call(group.map(({ question }) => question));
      if (answers.length === 0) {
        throw new StoreUnavailableError(
          'answer',
          new RangeError('none of the questions of a call were answered'),
        );
      }
      this.waiting.unshift(...group.slice(answers.length));
      // Redis has something to do while these are taken in.
      this.startCalls();
      for (const [index, answer] of answers.entries()) {
        await group[index]?.takeIn(answer);
        await breakWhenDue();
      }
    } catch (error) {
      // Those behind would each wait for a failure of their own, one after another.
      for (const { reject } of [...group, ...this.waiting.splice(0)]) {
        reject(error);
      }
    } finally {
      this.callsUnderWay -= 1;
      this.startCalls();
    }
  }
}
