import { SetMetadata } from '@nestjs/common';
import { SKIP_TRACKING } from '../model/records/skip-tracking.js';

/**
 * Keeps the requests of a handler, or of every handler of a controller, out of the records.
 *
 * @param skip `false` records a handler of a controller that is skipped otherwise
 */
export function SkipTracking(skip = true): ClassDecorator & MethodDecorator {
  return SetMetadata(SKIP_TRACKING, skip);
}
