import { Transform } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  Matches,
  MaxLength,
} from 'class-validator';
import {
  FUNNEL_STEP,
  MAX_FUNNEL_STEP_LENGTH,
  MAX_FUNNEL_STEPS,
  MIN_FUNNEL_STEPS,
} from '../analytics/funnel-steps.js';
import { WindowParameters } from './window-parameters.js';

const TAKES =
  'steps must be methods and routes with commas between, such as GET /cart,POST /orders';

/** Query string of `GET /funnel`. */
export class FunnelStepsQuery extends WindowParameters {
  /** `GET /cart,POST /orders`: methods and route templates, in order. */
  @Transform(({ obj, key }) => toSteps(obj[key]))
  // Checked from the last one on; the first that does not hold is what the caller reads.
  @MaxLength(MAX_FUNNEL_STEP_LENGTH, { each: true })
  @Matches(FUNNEL_STEP, { each: true, message: TAKES })
  @ArrayMaxSize(MAX_FUNNEL_STEPS)
  @ArrayMinSize(MIN_FUNNEL_STEPS)
  @IsArray({ message: TAKES })
  steps: string[];
}

function toSteps(value: unknown): unknown {
  return typeof value === 'string'
    ? value.split(',').map((step) => step.trim())
    : value;
}
