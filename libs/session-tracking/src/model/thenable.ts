/**
 * A callback that is meant to answer at once may be an async function, whose rejection nobody would
 * handle: the process would end. Says whether a value is a promise of any kind and takes care of it.
 */
export function silencePromise(
  value: unknown,
  onRejected: () => void,
): boolean {
  if (
    typeof value !== 'object' ||
    value === null ||
    !('then' in value) ||
    typeof value.then !== 'function'
  ) {
    return false;
  }
  Promise.resolve(value).catch(onRejected);
  return true;
}
