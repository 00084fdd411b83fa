import { parseArgs } from 'node:util';
import { type Platform, PLATFORMS } from '../app/platform.js';
import { choice, positive, UsageError } from './arguments.js';

export const SOAK_USAGE = `Usage: npm run soak -- [options]
  --minutes 10           length of the run
  --rate 2000            requests per second
  --platform express     ${PLATFORMS.join(' or ')}
A run of less than 10 minutes prints its tables and leaves docs/ alone.`;

export interface SoakOptions {
  minutes: number;
  rate: number;
  platform: Platform;
  /** Whether the run is long enough for its result to be kept. */
  complete: boolean;
}

export function readSoakOptions(args: readonly string[]): SoakOptions {
  const values = parse(args);
  const minutes = positive('minutes', values.minutes);
  const [platform = 'express'] = choice('platform', values.platform, PLATFORMS);
  return {
    minutes,
    rate: positive('rate', values.rate),
    platform,
    complete: minutes >= 10,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        minutes: { type: 'string', default: '10' },
        rate: { type: 'string', default: '2000' },
        platform: { type: 'string', default: 'express' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : '', {
      cause: error,
    });
  }
}
