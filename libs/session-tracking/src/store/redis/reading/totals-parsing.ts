import {
  emptyUsageTotals,
  OTHER,
  type ReadonlyTotals,
  type UsageTotals,
} from '../../../model/totals/request-totals.js';
import type { ReadTotals } from './remembered-totals.js';
import { readDurations, readTotalsText, WRITTEN_AT } from './totals-text.js';

/** The hash of totals of everything. */
export async function parseUsage(
  text: string,
): Promise<ReadTotals<ReadonlyTotals<UsageTotals> | null>> {
  const totals = emptyUsageTotals();
  let writtenAt = '';
  await readTotalsText(text, (field, value) => {
    if (field === WRITTEN_AT) {
      writtenAt = value;
    }
    setField(totals, field, value);
  });
  return { writtenAt, totals: text === '' ? null : totals };
}

/** The hash of totals by route. Routes have numbers within it, by which the other fields name them. */
export async function parseRoutes(
  text: string,
): Promise<ReadTotals<ReadonlyMap<string, ReadonlyTotals>>> {
  const byNumber = new Map<string, UsageTotals>();
  const names = new Map([[OTHER, OTHER]]);
  let writtenAt = '';
  await readTotalsText(text, (field, value) => {
    const colon = field.indexOf(':');
    if (field.includes(' ')) {
      names.set(value, field);
    } else if (colon !== -1) {
      const number = field.slice(0, colon);
      const totals = byNumber.get(number) ?? emptyUsageTotals();
      byNumber.set(number, totals);
      setField(totals, field.slice(colon + 1), value);
    } else if (field === WRITTEN_AT) {
      writtenAt = value;
    }
  });
  const totals = new Map<string, ReadonlyTotals>();
  for (const [number, ofRoute] of byNumber) {
    const name = names.get(number);
    if (name !== undefined) {
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

function setField(totals: UsageTotals, name: string, value: string): void {
  const property = PROPERTIES.get(name);
  if (property !== undefined) {
    totals[property] = Number(value);
  } else if (name === 'durations') {
    readDurations(value, totals.durations);
  }
}
