/** Redis did not answer in time, and may still do. */
export class NoAnswerError extends Error {
  constructor(limitMs: number) {
    super(`no answer within ${limitMs} ms`);
    this.name = 'NoAnswerError';
  }
}

/**
 * Calls when the time is up and the sockets were read once more. An event loop that lags runs its timers
 * before it reads: what has arrived by then was in time.
 *
 * @returns what calls it off
 */
export function afterLastReading(
  limitMs: number,
  call: () => void,
): () => void {
  let reading: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => {
    reading = setImmediate(call);
  }, limitMs);
  return () => {
    clearTimeout(timer);
    clearImmediate(reading);
  };
}

/** @throws NoAnswerError when the time is up first */
export function answerWithin<T>(
  limitMs: number,
  answer: Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const callOff = afterLastReading(limitMs, () =>
      reject(new NoAnswerError(limitMs)),
    );
    answer.then(resolve, reject).finally(callOff);
  });
}
