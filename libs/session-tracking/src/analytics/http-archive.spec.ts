import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { histories } from '../../testing/arbitrary-histories.js';
import { findHarFaults } from '../../testing/har-rules.js';
import {
  at,
  historyOf,
  requestRecord,
  responseRecord,
} from '../../testing/record-builders.js';
import {
  type ArchivedExchange,
  CREATOR_VERSION,
  toHttpArchive,
} from './http-archive.js';

/** As whoever opens the file sees it. */
function archiveOf(...given: Parameters<typeof historyOf>): {
  log: { entries: ArchivedExchange[] };
} {
  return JSON.parse(JSON.stringify(toHttpArchive(historyOf(...given))));
}

describe('an HTTP archive', () => {
  it('has what the records have, and what the format asks for', () => {
    expect(
      archiveOf(
        [
          requestRecord({
            request_id: 'a',
            timestamp: at(1.25),
            method: 'POST',
            path: '/orders/1',
            route: '/orders/:id',
          }),
        ],
        [
          responseRecord({
            request_id: 'a',
            status_code: 404,
            duration_ms: 12.34,
            handler: 'Orders.find',
            handler_ms: 3.2,
            error: 'NotFoundException',
          }),
        ],
      ),
    ).toEqual({
      log: {
        version: '1.2',
        creator: { name: 'nestjs-session-tracking', version: CREATOR_VERSION },
        pages: [],
        entries: [
          {
            startedDateTime: '2023-11-14T22:13:21.250Z',
            time: 12.34,
            request: {
              method: 'POST',
              url: 'http://application.invalid/orders/1',
              httpVersion: 'unknown',
              cookies: [],
              headers: [{ name: 'x-request-id', value: 'a' }],
              queryString: [],
              headersSize: -1,
              bodySize: -1,
            },
            response: {
              status: 404,
              statusText: 'Not Found',
              httpVersion: 'unknown',
              cookies: [],
              headers: [{ name: 'x-request-id', value: 'a' }],
              content: { size: 0, mimeType: 'x-unknown' },
              redirectURL: '',
              headersSize: -1,
              bodySize: -1,
            },
            cache: {},
            timings: { send: 0, wait: 12.34, receive: 0 },
            _route: '/orders/:id',
            _handler: 'Orders.find',
            _handler_ms: 3.2,
            _error: 'NotFoundException',
          },
        ],
      },
    });
  });

  it('has status 0 where no response is stored, and goes by arrival', () => {
    const { entries } = archiveOf(
      [
        requestRecord({ path: '/second', timestamp: at(2) }),
        requestRecord({ path: '/first', timestamp: at(1) }),
      ],
      [],
    ).log;
    expect(entries.map(({ request }) => request.url)).toEqual([
      'http://application.invalid/first',
      'http://application.invalid/second',
    ]);
    expect(entries[0]).toMatchObject({
      time: 0,
      response: { status: 0, statusText: '' },
    });
  });

  it.each([
    ['/a%20b', '/a%20b'],
    ['/a b', '/a%20b'],
    ['/ä', '/%C3%A4'],
    ['/\ud800', '/%EF%BF%BD'],
    ['/😀', '/%F0%9F%98%80'],
    ['/a?b#c', '/a%3Fb%23c'],
    ['/../etc/passwd', '/../etc/passwd'],
    ['//other.host/', '//other.host/'],
    ['*', '/*'],
    ['', '/'],
  ])('writes the path %j as a URL', (path, written) => {
    const archive = archiveOf([requestRecord({ path })], []);
    expect(archive.log.entries[0]?.request.url).toBe(
      `http://application.invalid${written}`,
    );
    expect(findHarFaults(archive)).toEqual([]);
  });

  it.each<[string, string, [string, string][]]>([
    [
      'page=[redacted]&q=[redacted]',
      'page=%5Bredacted%5D&q=%5Bredacted%5D',
      [
        ['page', '[redacted]'],
        ['q', '[redacted]'],
      ],
    ],
    ['q=a b%26c%2Bd=e', 'q=a%20b%26c%2Bd%3De', [['q', 'a b&c+d=e']]],
    ['q=100%25', 'q=100%25', [['q', '100%']]],
    ['q=100%', 'q=100%25', [['q', '100%']]],
    ['ids[]=1#2', 'ids%5B%5D=1%232', [['ids[]', '1#2']]],
    ['q=ä', 'q=%C3%A4', [['q', 'ä']]],
    ['q=\ud800', 'q=%EF%BF%BD', [['q', '\ufffd']]],
    [
      'flag&empty=&[more]',
      'flag&empty=&%5Bmore%5D',
      [
        ['flag', ''],
        ['empty', ''],
        ['[more]', ''],
      ],
    ],
    [
      'a=1&&a=2',
      'a=1&a=2',
      [
        ['a', '1'],
        ['a', '2'],
      ],
    ],
  ])('has the query %j in its URL and by name', (query, written, pairs) => {
    const archive = archiveOf([requestRecord({ path: '/items', query })], []);
    expect(archive.log.entries[0]?.request).toMatchObject({
      url: `http://application.invalid/items?${written}`,
      queryString: pairs.map(([name, value]) => ({ name, value })),
    });
    expect(findHarFaults(archive)).toEqual([]);
  });

  it('has a URL that says what the query by name says, whatever was recorded', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (query) => {
        const archive = archiveOf([requestRecord({ query })], []);
        expect(findHarFaults(archive)).toEqual([]);
        const { url, queryString } = archive.log.entries[0]?.request ?? {};
        expect([...new URL(url ?? '').searchParams]).toEqual(
          queryString?.map(({ name, value }) => [name, value]),
        );
      }),
    );
  });

  it('has no faults, whatever was recorded', () => {
    fc.assert(
      fc.property(
        histories,
        fc.string({ unit: 'binary' }),
        (sessions, path) => {
          const faults = sessions.flatMap(({ requests, responses }) =>
            findHarFaults(
              archiveOf(
                requests.map((request) => ({ ...request, path })),
                responses,
              ),
            ),
          );
          expect(faults).toEqual([]);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('would be found at fault', () => {
    const archive = archiveOf([requestRecord()], [responseRecord()]);
    expect(findHarFaults({})).toEqual(['archive.log must be an object']);
    const [entry] = archive.log.entries;
    const changed = (over: object): string[] =>
      findHarFaults({
        log: { ...archive.log, entries: [{ ...entry, ...over }] },
      });
    expect(changed({ time: -1 })).toHaveLength(1);
    expect(changed({ startedDateTime: '2023-11-14' })).toHaveLength(1);
    expect(changed({ cache: undefined })).toHaveLength(1);
    expect(changed({ extra: 1 })).toHaveLength(1);
    expect(changed({ request: {} })).toHaveLength(8);
  });

  it('names the version of the package', () => {
    const manifest: { version: string } = JSON.parse(
      readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
    );
    expect(CREATOR_VERSION).toBe(manifest.version);
  });

  it.each([Number.POSITIVE_INFINITY, 1e300, Number.NaN])(
    'has some time where a record has %s',
    (timestamp) => {
      const { log } = archiveOf([requestRecord({ timestamp })], []);
      expect(log.entries[0]?.startedDateTime).toBe('1970-01-01T00:00:00.000Z');
    },
  );
});
