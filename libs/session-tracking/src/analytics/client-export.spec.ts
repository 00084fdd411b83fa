import { describe, expect, it } from 'vitest';
import { HistoryStore } from '../../testing/history-store.js';
import { at, historyOf, requestRecord } from '../../testing/record-builders.js';
import { exportClient, streamClientExport } from './client-export.js';

const NOW = at(100);
const ADDRESS = '192.0.2.1';

const session = (id: string, second: number, userId = '42') => ({
  ...historyOf(
    [
      requestRecord({ timestamp: at(second + 1) }),
      requestRecord({ timestamp: at(second) }),
    ],
    [],
    { user_id: userId, created_at: at(second) },
  ),
  session_id: id,
});

describe('the export of a client', () => {
  it('holds every session with all records, oldest record first', async () => {
    const store = new HistoryStore([session('old', 0), session('new', 50)]);
    const document = await exportClient(store, [{ userId: '42' }], NOW);
    expect(document).toMatchObject({
      user_id: '42',
      exported_at: NOW,
      current_session_id: 'new',
      sessions: [
        {
          session_id: 'new',
          info: { user_id: '42' },
          requests: [{ timestamp: at(50) }, { timestamp: at(51) }],
        },
        { session_id: 'old' },
      ],
    });
    expect(document).not.toHaveProperty('client_ip');
  });

  it('holds of an address what nobody signed in did there', async () => {
    const store = new HistoryStore([
      session('before', 0, ''),
      session('of a user', 50),
      session('after', 60, ''),
      session('of another', 70, '43'),
    ]);
    const document = await exportClient(store, [{ ip: ADDRESS }], NOW);
    expect(document).toMatchObject({
      client_ip: ADDRESS,
      current_session_id: 'after',
      sessions: [{ session_id: 'after' }, { session_id: 'before' }],
    });
    expect(store.read).toEqual(['after', 'before']);
  });

  it('is null for an address where everybody was signed in', async () => {
    const store = new HistoryStore([session('of a user', 50)]);
    expect(await streamClientExport(store, [{ ip: ADDRESS }], NOW)).toBeNull();
    expect(store.read).toEqual([]);
  });

  it('holds what was added up about the client, under each of its names', async () => {
    const totals = {
      requests: 3,
      responses: 2,
      errors: 1,
      durationMicroseconds: 2500,
    };
    const store = new HistoryStore([], {
      'hash:today': [{ slot: { start: 600, length: 300 }, totals }],
      'hash:yesterday': [{ slot: { start: 0, length: 300 }, totals }],
      other: [{ slot: { start: 0, length: 300 }, totals }],
    });
    const figures = {
      seconds: 300,
      requests: 3,
      responses: 2,
      errors: 1,
      total_duration_ms: 2.5,
    };
    expect(
      await streamClientExport(
        store,
        [{ ip: 'hash:today' }, { ip: 'hash:yesterday' }],
        NOW,
      ),
    ).toMatchObject({
      client_ip: 'hash:today',
      current_session_id: null,
      totals: [
        { start: 0, ...figures },
        { start: 600, ...figures },
      ],
    });
  });

  it('is empty, or null as a stream, when nothing is held', async () => {
    const store = new HistoryStore([]);
    expect(await exportClient(store, [{ ip: '192.0.2.1' }], NOW)).toEqual({
      client_ip: '192.0.2.1',
      exported_at: NOW,
      current_session_id: null,
      totals: [],
      sessions: [],
    });
    expect(await streamClientExport(store, [{ userId: '42' }], NOW)).toBeNull();
  });

  it('reads a session only when it is its turn', async () => {
    const store = new HistoryStore([session('old', 0), session('new', 50)]);
    const stream = await streamClientExport(store, [{ userId: '42' }], NOW);
    expect(store.read).toEqual([]);
    for await (const { session_id } of stream?.sessions ?? []) {
      expect(store.read.at(-1)).toBe(session_id);
    }
    expect(store.read).toEqual(['new', 'old']);
  });
});
