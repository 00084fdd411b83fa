import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes of the heap in use after all garbage is collected. */
export function heapAfterFullCollection(): number {
  collector()();
  return process.memoryUsage().heapUsed;
}

/** The same after collections of young objects alone, two of which an object survives to become old. */
export function heapAfterMinorCollections(): number {
  const collect = collector();
  collect({ type: 'minor' });
  collect({ type: 'minor' });
  return process.memoryUsage().heapUsed;
}

function collector(): (options?: { type: 'minor' }) => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc');
}
