import { describe, expect, it } from 'vitest';
import { START } from '../../testing/record-builders.js';
import {
  DEFAULT_RETENTION,
  TotalsByHand,
} from '../../testing/totals-by-hand.js';
import { floorTo } from '../model/totals/time-slot.js';
import { type ClientsQuery, rankClients } from './clients.js';
import { Horizon } from './horizon.js';

const NOW = START;
const THIS_MINUTE = floorTo(NOW, 60);

function ask(store: TotalsByHand, query: ClientsQuery = {}) {
  return rankClients(store, query, new Horizon(NOW, DEFAULT_RETENTION));
}

function traffic(): TotalsByHand {
  return new TotalsByHand()
    .addClient(THIS_MINUTE, 'user:a:b', {
      requests: 5,
      responses: 5,
      errors: 1,
      durationMicroseconds: 50_000,
    })
    .addClient(THIS_MINUTE - 60, 'user:a:b', {
      requests: 5,
      responses: 3,
      durationMicroseconds: 30_000,
    })
    .addClient(THIS_MINUTE, 'ip:2001:db8::1', {
      requests: 4,
      responses: 4,
      errors: 4,
      durationMicroseconds: 4000,
    })
    .addClient(THIS_MINUTE, 'user:slow', {
      requests: 1,
      responses: 1,
      durationMicroseconds: 90_000,
    })
    .addClient(THIS_MINUTE, 'other', { requests: 7, errors: 2 });
}

describe('the clients of a window', () => {
  it('are the busiest first, over all slots', async () => {
    expect(await ask(traffic())).toEqual({
      since: THIS_MINUTE - 3600,
      until: THIS_MINUTE + 60,
      sort: 'requests',
      clients: [
        {
          user_id: 'a:b',
          requests: 10,
          errors: 1,
          error_rate: 0.1,
          avg_duration_ms: 10,
          total_duration_ms: 80,
        },
        {
          client_ip: '2001:db8::1',
          requests: 4,
          errors: 4,
          error_rate: 1,
          avg_duration_ms: 1,
          total_duration_ms: 4,
        },
        {
          user_id: 'slow',
          requests: 1,
          errors: 0,
          error_rate: 0,
          avg_duration_ms: 90,
          total_duration_ms: 90,
        },
      ],
      other: { requests: 7, errors: 2 },
    });
  });

  it.each([
    ['requests', 10],
    ['errors', 4],
    ['slowest', 1],
  ] as const)('are sorted by %s', async (sort, requests) => {
    const { clients } = await ask(traffic(), { sort, limit: 1 });
    expect(clients).toHaveLength(1);
    expect(clients[0]?.requests).toBe(requests);
  });

  it('are the busier first among equals', async () => {
    const store = new TotalsByHand()
      .addClient(THIS_MINUTE, 'user:few', { requests: 1 })
      .addClient(THIS_MINUTE, 'user:many', { requests: 2 });
    const { clients } = await ask(store, { sort: 'errors' });
    expect(clients.map(({ user_id }) => user_id)).toEqual(['many', 'few']);
  });

  it('are of windows that reach back no further than their data', async () => {
    await expect(ask(traffic(), { window: '3h' })).rejects.toThrow(
      /^window reaches back too far: the data of clients are kept for 2h/,
    );
    const store = new TotalsByHand(300);
    expect(await ask(store, { window: '2h' })).toMatchObject({
      since: floorTo(NOW, 300) + 300 - 7200,
      until: floorTo(NOW, 300) + 300,
    });
    expect(store.read).toHaveLength(24);
  });

  it('are of what is kept where the beginning was left out', async () => {
    expect(await ask(traffic(), { until: NOW - 5400 })).toMatchObject({
      since: THIS_MINUTE + 60 - 7200,
      until: THIS_MINUTE + 60 - 5400,
    });
    expect(await ask(traffic(), { until: NOW - 1800 })).toMatchObject({
      since: THIS_MINUTE - 5400,
    });
    await expect(ask(traffic(), { until: NOW - 8000 })).rejects.toThrow(
      /^until reaches back too far/,
    );
  });

  it('are of an hour, or of as long as their data stays', async () => {
    const short = {
      ...DEFAULT_RETENTION,
      sessionTtlSeconds: 120,
      retentionSeconds: 60,
    };
    const horizon = new Horizon(NOW, short);
    expect(await rankClients(new TotalsByHand(), {}, horizon)).toMatchObject({
      since: THIS_MINUTE - 60,
    });
    // Data that goes before its slot is over: the slot under way is all there is.
    expect(await rankClients(new TotalsByHand(300), {}, horizon)).toMatchObject(
      { since: floorTo(NOW, 300), until: floorTo(NOW, 300) + 300 },
    );
  });
});
