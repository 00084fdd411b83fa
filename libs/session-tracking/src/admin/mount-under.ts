import {
  Controller,
  SetMetadata,
  type Type,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import { SKIP_TRACKING } from '../model/records/skip-tracking.js';

/** A controller that serves the routes of another under a path, without recording requests to them. */
export function mountUnder(path: string, controller: Type): Type {
  @Controller({ path, version: VERSION_NEUTRAL })
  @SetMetadata(SKIP_TRACKING, true)
  class MountedController extends controller {}
  return MountedController;
}
