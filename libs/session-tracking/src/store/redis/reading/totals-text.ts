import { breakWhenDue } from '../../../model/break-when-due.js';
import type { ClientTotals } from '../../../model/totals/request-totals.js';
import type { ReadTotals } from './remembered-totals.js';

/** The field that says when a hash of totals was written last. */
export const WRITTEN_AT = 'written_at';

/** After so many fields a break may be due: a field may hold hundreds of buckets. */
const FIELDS_PER_STRETCH = 100;

const QUOTE = 34;
const BACKSLASH = 92;
const COLON = 58;
const DIGIT_0 = 48;
const DIGIT_9 = 57;

/**
 * Goes through the JSON text of a hash of totals, `["1:requests","3","written_at","1.5"]`, with breaks
 * for others where it is long.
 */
export async function readTotalsText(
  text: string,
  take: (field: string, value: string) => void,
): Promise<void> {
  let at = 1;
  for (let read = 1; text.charCodeAt(at) === QUOTE; read += 1) {
    const end = endOfText(text, at);
    const valueStart = end + ','.length;
    const valueEnd = endOfText(text, valueStart);
    take(readText(text, at, end), readText(text, valueStart, valueEnd));
    at = valueEnd + ','.length;
    if (read % FIELDS_PER_STRETCH === 0) {
      await breakWhenDue();
    }
  }
}

/**
 * Enters how many durations fell into each bucket, of a text like `229:3 230:1`; what is none is passed
 * over.
 */
export function readDurations(
  text: string,
  durations: Map<number, number>,
): void {
  let at = 0;
  const nextNumber = (): number => {
    let number = 0;
    for (; isDigit(text, at); at += 1) {
      number = number * 10 + (text.charCodeAt(at) - DIGIT_0);
    }
    return number;
  };
  for (; at < text.length; at += 1) {
    const start = at;
    const bucket = nextNumber();
    if (at > start && text.charCodeAt(at) === COLON && isDigit(text, at + 1)) {
      at += 1;
      durations.set(bucket, nextNumber());
    }
  }
}

/**
 * The clients in the JSON text of their hash, `["user:42","3 3 0 1250"]`: requests, responses, errors
 * and microseconds of each. A window has slots of a thousand clients, so nothing is made but what is
 * answered, which takes a third of the time.
 */
export async function parseClients(
  text: string,
): Promise<ReadTotals<ReadonlyMap<string, Readonly<ClientTotals>>>> {
  const totals = new Map<string, ClientTotals>();
  let writtenAt = '';
  let at = 1;
  const nextNumber = (): number => {
    let number = 0;
    for (at += 1; isDigit(text, at); at += 1) {
      number = number * 10 + (text.charCodeAt(at) - DIGIT_0);
    }
    return number;
  };
  while (text.charCodeAt(at) === QUOTE) {
    const end = endOfText(text, at);
    const name = readText(text, at, end);
    at = end + ','.length;
    if (name === WRITTEN_AT) {
      const valueEnd = endOfText(text, at);
      writtenAt = readText(text, at, valueEnd);
      at = valueEnd + ','.length;
      continue;
    }
    totals.set(name, {
      requests: nextNumber(),
      responses: nextNumber(),
      errors: nextNumber(),
      durationMicroseconds: nextNumber(),
    });
    at += '",'.length;
    if (totals.size % FIELDS_PER_STRETCH === 0) {
      await breakWhenDue();
    }
  }
  return { writtenAt, totals };
}

/** The totals in one field of that hash. */
export function parseClientTotals(field: string): ClientTotals {
  const [requests = 0, responses = 0, errors = 0, durationMicroseconds = 0] =
    field.split(' ').map(Number);
  return { requests, responses, errors, durationMicroseconds };
}

function readText(text: string, start: number, end: number): string {
  const quoted = text.slice(start, end);
  return quoted.includes('\\') ? JSON.parse(quoted) : quoted.slice(1, -1);
}

/** Where a quoted text is over that begins here. */
function endOfText(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) {
    at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  }
  return at + 1;
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= DIGIT_0 && code <= DIGIT_9;
}
