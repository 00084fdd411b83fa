/** Holds the event loop up for so many milliseconds, as a piece of long work does. */
export function keepBusy(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}
