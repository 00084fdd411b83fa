import { describe, expect, it } from 'vitest';
import {
  exchangeOf,
  requestRecord,
  user,
} from '../../../testing/record-builders.js';
import { trackedRecordsOf } from './tracked-records.js';

describe('the records of an exchange', () => {
  it('are the request and then the response, each with its session', () => {
    const exchange = exchangeOf(user('42', '192.0.2.1'));
    const session = {
      session_id: 'id',
      user_id: '42',
      client_ip: '192.0.2.1',
    };
    expect(trackedRecordsOf(exchange, 'id')).toEqual([
      { ...session, type: 'request', record: exchange.request },
      { ...session, type: 'response', record: exchange.response },
    ]);
  });

  it('are those that are there', () => {
    const request = requestRecord();
    const records = trackedRecordsOf({ client: user('42'), request }, 'id');
    expect(records.map(({ type }) => type)).toEqual(['request']);
  });
});
