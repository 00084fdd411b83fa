import {
  emptyUsageTotals,
  OTHER,
  type ReadonlyTotals,
  type UsageTotals,
} from '../../model/request-totals.js';
import type { ReadTotals } from './remembered-totals.js';
import {
  readTotalsText,
  type TotalsFields,
  WRITTEN_AT,
} from './totals-text.js';

/** The hash of totals of everything. */
export async function parseUsage(
  text: string,
): Promise<ReadTotals<ReadonlyTotals<UsageTotals> | null>> {
  const totals = emptyUsageTotals();
  let writtenAt = '';
  const fields: TotalsFields = {
    bucket: (_route, bucket, count) => totals.durations.set(bucket, count),
    other: (field, value) => {
      if (field === WRITTEN_AT) {
        writtenAt = value;
      }
      setField(totals, field, value);
    },
  };
  await readTotalsText(text, fields);
  return { writtenAt, totals: text === '' ? null : totals };
}

/** The hash of totals by route. Routes have numbers within it, by which the other fields name them. */
export async function parseRoutes(
  text: string,
): Promise<ReadTotals<ReadonlyMap<string, ReadonlyTotals>>> {
  const byNumber: (UsageTotals | undefined)[] = [];
  const names: (string | undefined)[] = [OTHER];
  let writtenAt = '';
  const totalsOf = (route: number): UsageTotals =>
    (byNumber[route] ??= emptyUsageTotals());
  const fields: TotalsFields = {
    bucket: (route, bucket, count) =>
      totalsOf(route).durations.set(bucket, count),
    other: (field, value) => {
      const colon = field.indexOf(':');
      if (field.includes(' ')) {
        names[Number(value)] = field;
      } else if (colon !== -1) {
        // What has no number, `other`, is number 0; routes begin with 1.
        const route = Number(field.slice(0, colon)) || 0;
        setField(totalsOf(route), field.slice(colon + 1), value);
      } else if (field === WRITTEN_AT) {
        writtenAt = value;
      }
    },
  };
  await readTotalsText(text, fields);
  const totals = new Map<string, ReadonlyTotals>();
  for (const [number, ofRoute] of byNumber.entries()) {
    const name = names[number];
    if (ofRoute !== undefined && name !== undefined) {
      totals.set(name, ofRoute);
    }
  }
  return { writtenAt, totals };
}

/** What the fields of a hash are called here. */
const PROPERTIES: ReadonlyMap<
  string,
  Exclude<keyof UsageTotals, 'durations'>
> = new Map([
  ['requests', 'requests'],
  ['responses', 'responses'],
  ['client_errors', 'clientErrors'],
  ['server_errors', 'serverErrors'],
  ['duration_us', 'durationMicroseconds'],
  ['longest_us', 'longestMicroseconds'],
  ['new_sessions', 'newSessions'],
]);

/** A name of `PROPERTIES`, or `d17`, the count of a bucket. */
function setField(totals: UsageTotals, name: string, value: string): void {
  const property = PROPERTIES.get(name);
  if (property !== undefined) {
    totals[property] = Number(value);
  } else if (name.startsWith('d')) {
    totals.durations.set(Number(name.slice(1)), Number(value));
  }
}
