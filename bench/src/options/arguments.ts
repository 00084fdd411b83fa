/** Wrong arguments, with what would be right. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) {
    throw new UsageError(`--${name} is '${text}': give a number above 0.`);
  }
  return value;
}

/** Numbers separated by commas, in ascending order. */
export function positives(name: string, text: string): number[] {
  return text
    .split(',')
    .map((part) => positive(name, part))
    .toSorted((a, b) => a - b);
}

/** Some of the allowed names, separated by commas; all of them when nothing is said. */
export function choice<T extends string>(
  name: string,
  text: string | undefined,
  allowed: readonly T[],
): readonly T[] {
  const wanted = text?.split(',');
  const unknown = wanted?.find((value) => !allowed.some((a) => a === value));
  if (unknown !== undefined) {
    throw new UsageError(
      `--${name} holds '${unknown}': it takes ${allowed.join(', ')}.`,
    );
  }
  return allowed.filter((value) => wanted?.includes(value) ?? true);
}

/** Runs a program; says in one piece what was wrong with its arguments. */
export async function runProgram(
  usage: string,
  run: () => Promise<void>,
): Promise<void> {
  try {
    await run();
  } catch (error) {
    console.error(
      error instanceof UsageError ? `${error.message}\n\n${usage}` : error,
    );
    process.exitCode = 1;
  }
}
