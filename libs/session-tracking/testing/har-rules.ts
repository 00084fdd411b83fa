/** What a field of an archive must be. */
type Rule = (value: unknown, path: string) => string[];

const fail = (path: string, takes: string): string[] => [
  `${path} must be ${takes}`,
];

const text: Rule = (value, path) =>
  typeof value === 'string' ? [] : fail(path, 'a text');

const number: Rule = (value, path) =>
  typeof value === 'number' && Number.isFinite(value)
    ? []
    : fail(path, 'a number');

const wholeNumber: Rule = (value, path) =>
  Number.isInteger(value) ? [] : fail(path, 'a whole number');

/** A time that was measured, or -1 where the format allows that nothing was. */
const duration: Rule = (value, path) =>
  typeof value === 'number' && value >= 0 ? [] : fail(path, 'at least 0');

const ISO_8601 =
  /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;

const moment: Rule = (value, path) =>
  typeof value === 'string' &&
  ISO_8601.test(value) &&
  !Number.isNaN(Date.parse(value))
    ? []
    : fail(path, 'a date of ISO 8601 with a zone');

const absoluteUrl: Rule = (value, path) =>
  typeof value === 'string' &&
  /^https?:\/\/[^/]+\//.test(value) &&
  URL.canParse(value) &&
  !value.includes('#')
    ? []
    : fail(path, 'an absolute URL without a fragment');

const exactly =
  (wanted: unknown): Rule =>
  (value, path) =>
    value === wanted ? [] : fail(path, JSON.stringify(wanted));

const listOf =
  (rule: Rule): Rule =>
  (value, path) =>
    Array.isArray(value)
      ? value.flatMap((item, index) => rule(item, `${path}[${index}]`))
      : fail(path, 'a list');

/** Every field named is required; no other is allowed but those that begin with `_`. */
const record =
  (fields: Record<string, Rule>): Rule =>
  (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return fail(path, 'an object');
    }
    const present = new Map(Object.entries(value));
    return [
      ...Object.entries(fields).flatMap(([name, rule]) =>
        rule(present.get(name), `${path}.${name}`),
      ),
      ...[...present.keys()]
        .filter((name) => !(name in fields) && !name.startsWith('_'))
        .map((name) => `${path}.${name} is no field of the format`),
    ];
  };

const pair = record({ name: text, value: text });

const message = {
  httpVersion: text,
  cookies: listOf(pair),
  headers: listOf(pair),
  headersSize: wholeNumber,
  bodySize: wholeNumber,
};

const entry = record({
  startedDateTime: moment,
  time: duration,
  request: record({
    ...message,
    method: text,
    url: absoluteUrl,
    queryString: listOf(pair),
  }),
  response: record({
    ...message,
    status: wholeNumber,
    statusText: text,
    content: record({ size: number, mimeType: text }),
    redirectURL: text,
  }),
  cache: record({}),
  timings: record({ send: duration, wait: duration, receive: duration }),
});

const archive = record({
  log: record({
    version: exactly('1.2'),
    creator: record({ name: text, version: text }),
    pages: listOf(record({})),
    entries: listOf(entry),
  }),
});

/**
 * What is wrong with an HTTP archive by the HAR 1.2 specification. Stricter than that: of what is
 * optional only `pages` may be there, and what reads an archive adds up `timings` to `time`.
 */
export function findHarFaults(document: unknown): string[] {
  return archive(document, 'archive');
}
