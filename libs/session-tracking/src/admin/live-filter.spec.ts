import { describe, expect, it } from 'vitest';
import {
  requestRecord,
  responseRecord,
} from '../../testing/record-builders.js';
import type { RequestRecord, TrackedRecord } from '../model/records/records.js';
import { LiveFilter, type LiveSelection } from './live-filter.js';

const session = {
  session_id: 'session',
  user_id: '42',
  client_ip: '192.0.2.1',
};

const request = (over: Partial<RequestRecord>): TrackedRecord => ({
  ...session,
  type: 'request',
  record: requestRecord(over),
});

const response = (id: string): TrackedRecord => ({
  ...session,
  type: 'response',
  record: responseRecord({ request_id: id }),
});

const exchange = (over: Partial<RequestRecord>): TrackedRecord[] => [
  request(over),
  response(over.request_id ?? ''),
];

/** Ids of the records that a listener sees, requests with their method. */
function seen(selection: LiveSelection, records: TrackedRecord[]): string[] {
  const filter = new LiveFilter(selection);
  return records
    .filter((record) => filter.accepts(record))
    .map(({ record }) =>
      'method' in record
        ? `${record.method} ${record.request_id}`
        : record.request_id,
    );
}

function from(ip: string): LiveSelection {
  return { isAddress: (stored) => stored === ip };
}

describe('what a listener sees', () => {
  it('is everything without a filter, also responses alone', () => {
    expect(
      seen({}, [...exchange({ request_id: 'a' }), response('alone')]),
    ).toEqual(['GET a', 'a', 'alone']);
  });

  it('is of one user or one address', () => {
    const records = exchange({ request_id: 'a' });
    expect(seen({ userId: '42' }, records)).toHaveLength(2);
    expect(seen({ userId: '43' }, records)).toEqual([]);
    expect(seen(from('192.0.2.1'), records)).toHaveLength(2);
    expect(seen(from('192.0.2.2'), records)).toEqual([]);
    expect(seen({ userId: '42', ...from('192.0.2.2') }, records)).toEqual([]);
  });

  it('is of one method or route, with the responses that belong to it', () => {
    const records = [
      ...exchange({ request_id: 'a', method: 'GET', route: '/cart' }),
      ...exchange({ request_id: 'b', method: 'POST', route: '/cart' }),
      ...exchange({ request_id: 'c', method: 'POST' }),
      response('alone'),
    ];
    expect(seen({ method: 'POST' }, records)).toEqual([
      'POST b',
      'b',
      'POST c',
      'c',
    ]);
    expect(seen({ route: '/cart' }, records)).toEqual([
      'GET a',
      'a',
      'POST b',
      'b',
    ]);
    expect(seen({ method: 'POST', route: 'unmatched' }, records)).toEqual([
      'POST c',
      'c',
    ]);
  });

  it('waits for the responses of the latest thousand requests', () => {
    const ids = Array.from({ length: 1001 }, (_, number) => `${number}`);
    const shown = seen({ method: 'GET' }, [
      ...ids.map((id) => request({ request_id: id })),
      ...ids.map(response),
    ]);
    expect(shown.slice(1001)).toEqual(ids.slice(1));
  });
});
