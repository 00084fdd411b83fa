/** Longest cycle that is recognised as a loop, in steps. */
const MAX_CYCLE = 6;

/**
 * Takes out repetitions: of steps that repeat at once (`A A A`) and of cycles that do (`A B A B`)
 * only the first round stays.
 */
export function foldLoops(steps: readonly string[]): string[] {
  const folded: string[] = [];
  for (const step of steps) {
    folded.push(step);
    const cycle = repeatedCycle(folded);
    folded.length -= cycle;
  }
  return folded;
}

/** Length of the shortest cycle at the end that also stands right before it; 0 when there is none. */
function repeatedCycle(steps: readonly string[]): number {
  for (let length = 1; length <= MAX_CYCLE; length++) {
    const offset = steps.length - length;
    if (offset < length) {
      return 0;
    }
    let equal = 0;
    while (
      equal < length &&
      steps[offset + equal] === steps[offset - length + equal]
    ) {
      equal += 1;
    }
    if (equal === length) {
      return length;
    }
  }
  return 0;
}
