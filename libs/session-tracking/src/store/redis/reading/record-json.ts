/** Between the records of a list: none that we wrote has a line break in it. */
const SEPARATOR = ',\n';

/** Reads records back; what another program put between them and is no JSON object is passed over. */
export function parseRecords<T extends object>(texts: readonly string[]): T[] {
  return parseRecordList(`[${texts.join(SEPARATOR)}]`, texts.length);
}

/** As `parseRecords`, of so many texts between brackets, with a comma and a line break after each but the last. */
export function parseRecordList<T extends object>(
  list: string,
  length: number,
): T[] {
  try {
    // In half the time that it takes to read them one by one.
    const records: (T | null)[] = JSON.parse(list);
    if (records.length === length) {
      return records.filter(isObject);
    }
  } catch {
    // There is a text among them that is no JSON.
  }
  return list
    .slice(1, -1)
    .split(SEPARATOR)
    .flatMap((text) => parseOne<T>(text));
}

function parseOne<T extends object>(text: string): T[] {
  try {
    const record: T | null = JSON.parse(text);
    return isObject(record) ? [record] : [];
  } catch {
    return [];
  }
}

function isObject<T>(value: T | null): value is T {
  return typeof value === 'object' && value !== null;
}
