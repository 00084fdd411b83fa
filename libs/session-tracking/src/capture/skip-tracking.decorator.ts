import { SetMetadata } from '@nestjs/common';

/** Metadata key of `@SkipTracking()`. */
export const SKIP_TRACKING = 'session-tracking:skip';

/**
 * Keeps the requests of a handler, or of every handler of a controller, out of the records.
 *
 * @param skip `false` records a handler of a controller that is skipped otherwise
 */
export function SkipTracking(skip = true): ClassDecorator & MethodDecorator {
  return SetMetadata(SKIP_TRACKING, skip);
}
