import { breakWhenDue } from '../../model/break-when-due.js';
import type { ClientTotals } from '../../model/request-totals.js';
import type { ReadTotals } from './remembered-totals.js';

/** The field that says when a hash of totals was written last. */
export const WRITTEN_AT = 'written_at';

/** After so many fields a break may be due. */
const FIELDS_PER_STRETCH = 500;

const QUOTE = 34;
const BACKSLASH = 92;
const COLON = 58;
const LETTER_D = 100;
const DIGIT_0 = 48;
const DIGIT_9 = 57;

/** Takes what a hash of totals holds. */
export interface TotalsFields {
  /** Of `17:d229`, the count in a bucket of a route; of `d229`, which has no route, under number 0. */
  bucket(route: number, bucket: number, count: number): void;
  /** Every other field. */
  other(field: string, value: string): void;
}

/**
 * Goes through the JSON text of a hash of totals, `["1:d229","3","1:requests","3"]`. Nearly all its
 * fields are buckets, tens of thousands in an answer: these are read without making a text of each,
 * which takes a quarter of the time.
 */
export async function readTotalsText(
  text: string,
  fields: TotalsFields,
): Promise<void> {
  let at = 1;
  for (let read = 1; text.charCodeAt(at) === QUOTE; read += 1) {
    at = readBucket(text, at, fields) ?? readOther(text, at, fields);
    if (read % FIELDS_PER_STRETCH === 0) {
      await breakWhenDue();
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

/** Answers where the next field begins, or undefined when this one is no bucket. */
function readBucket(
  text: string,
  start: number,
  fields: TotalsFields,
): number | undefined {
  let at = start + 1;
  let route = 0;
  for (; isDigit(text, at); at += 1) {
    route = route * 10 + text.charCodeAt(at) - DIGIT_0;
  }
  if (at > start + 1) {
    if (text.charCodeAt(at) !== COLON) {
      return undefined;
    }
    at += 1;
  }
  if (text.charCodeAt(at) !== LETTER_D || !isDigit(text, at + 1)) {
    return undefined;
  }
  let bucket = 0;
  for (at += 1; isDigit(text, at); at += 1) {
    bucket = bucket * 10 + text.charCodeAt(at) - DIGIT_0;
  }
  if (text.charCodeAt(at) !== QUOTE || !isDigit(text, at + '","'.length)) {
    return undefined;
  }
  let count = 0;
  for (at += '","'.length; isDigit(text, at); at += 1) {
    count = count * 10 + text.charCodeAt(at) - DIGIT_0;
  }
  if (text.charCodeAt(at) !== QUOTE) {
    return undefined;
  }
  fields.bucket(route, bucket, count);
  return at + '",'.length;
}

/** Answers where the next field begins. */
function readOther(text: string, start: number, fields: TotalsFields): number {
  const end = endOfText(text, start);
  const valueStart = end + ','.length;
  const valueEnd = endOfText(text, valueStart);
  fields.other(
    readText(text, start, end),
    readText(text, valueStart, valueEnd),
  );
  return valueEnd + ','.length;
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
