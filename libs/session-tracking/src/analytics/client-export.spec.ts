import { describe, expect, it } from 'vitest';
import { HistoryStore } from '../../testing/history-store.js';
import { at, historyOf, requestRecord } from '../../testing/record-builders.js';
import { exportClient, streamClientExport } from './client-export.js';

const NOW = at(100);

const session = (id: string, second: number) => ({
  ...historyOf(
    [
      requestRecord({ timestamp: at(second + 1) }),
      requestRecord({ timestamp: at(second) }),
    ],
    [],
    { user_id: '42', created_at: at(second) },
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

  it('is empty, or null as a stream, when nothing is held', async () => {
    const store = new HistoryStore([]);
    expect(await exportClient(store, [{ ip: '192.0.2.1' }], NOW)).toEqual({
      client_ip: '192.0.2.1',
      exported_at: NOW,
      current_session_id: null,
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
