import { parseArgs } from 'node:util';

export interface DemoOptions {
  baseUrl: string;
  seconds: number;
}

export class InvalidDemoOptionError extends Error {
  override readonly name = 'InvalidDemoOptionError';
}

const USAGE =
  'Usage: npm run demo:traffic -- [http://localhost:3000] [--seconds 15]';

export function readDemoOptions(
  args: string[],
  env: NodeJS.ProcessEnv,
): DemoOptions {
  const { positionals, values } = parse(args);
  const address = positionals[0] ?? `http://localhost:${env.PORT ?? '3000'}`;
  if (!/^https?:\/\//.test(address) || !URL.canParse(address)) {
    throw new InvalidDemoOptionError(
      `'${address}' is not the address of a shop. ${USAGE}`,
    );
  }
  const seconds = Number(values.seconds);
  if (!(seconds > 0 && seconds <= 3600)) {
    throw new InvalidDemoOptionError(
      `--seconds is '${values.seconds}': give a number up to 3600. ${USAGE}`,
    );
  }
  return { baseUrl: new URL(address).origin, seconds };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: { seconds: { type: 'string', default: '15' } },
    });
  } catch (error) {
    throw new InvalidDemoOptionError(USAGE, { cause: error });
  }
}
