import { beforeEach, describe, expect, it } from 'vitest';
import { START, user } from '../../testing/record-builders.js';
import { TrackerSetting } from '../../testing/tracker-setting.js';
import { slotAt } from '../model/totals/time-slot.js';

let setting: TrackerSetting;

beforeEach(() => {
  setting = new TrackerSetting();
});

describe('sampling', () => {
  it('leaves nothing out unless it is asked to', async () => {
    const seen = setting.collect();
    setting.record(user('42'));
    await setting.clock.advance(50);
    expect(setting.store.sent[0]?.exchanges[0]).not.toHaveProperty('sampling');
    expect(seen).toHaveLength(2);
  });

  it('counts what it leaves out as stored, and publishes it nowhere', async () => {
    setting = new TrackerSetting({ sampling: { rate: 0 } });
    const seen = setting.collect();
    setting.record(user('42'));
    await setting.clock.advance(50);
    expect(setting.store.sent[0]?.exchanges[0]?.sampling).toBe('left_out');
    expect(setting.tracker.stats()).toMatchObject({
      stored: 2,
      dropped: 0,
      queued: 0,
    });
    expect(seen).toEqual([]);
    expect(await setting.tracker.getSessionId({ userId: '42' })).toBeNull();
    expect(await setting.store.readUsage(slotAt(START, 60))).toMatchObject({
      requests: 1,
      responses: 1,
    });
  });

  it('keeps errors and slow requests, and publishes them', async () => {
    setting = new TrackerSetting({ sampling: { rate: 0, keepSlowMs: 500 } });
    const seen = setting.collect();
    setting.record(user('42'), { id: 'fine', duration: 499 });
    setting.record(user('42'), { id: 'slow', duration: 500 });
    setting.record(user('42'), { id: 'failed', status: 404 });
    await setting.clock.advance(50);
    const id = (await setting.tracker.getSessionId({ userId: '42' })) ?? '';
    const history = await setting.tracker.getSessionHistory(id);
    expect(history?.requests.map(({ request_id }) => request_id)).toEqual([
      'slow',
      'failed',
    ]);
    expect(history?.info).toMatchObject({ partial: true, request_count: 2 });
    expect(seen.map(({ record: { request_id } }) => request_id)).toEqual([
      'slow',
      'slow',
      'failed',
      'failed',
    ]);
  });

  it('follows the clients that it follows whole', async () => {
    setting = new TrackerSetting({
      flush: { maxQueue: 1000 },
      sampling: { rate: 0.5 },
    });
    const clients = Array.from({ length: 40 }, (_, index) => String(index));
    for (const client of [...clients, ...clients]) {
      setting.record(user(client));
    }
    await setting.clock.advance(50);
    const counts: number[] = [];
    for (const userId of clients) {
      const id = await setting.tracker.getSessionId({ userId });
      const history = await setting.tracker.getSessionHistory(id ?? '');
      counts.push(history?.info.request_count ?? 0);
    }
    expect(new Set(counts)).toEqual(new Set([0, 2]));
  });

  it('leaves alone what the host records itself', async () => {
    setting = new TrackerSetting({ sampling: { rate: 0 } });
    const client = { userId: '42', ip: '192.0.2.1' };
    const recorded = Promise.all([
      setting.tracker.recordRequest(client, {
        path: '/',
        method: 'GET',
        request_id: 'a',
      }),
      setting.tracker.recordResponse(client, {
        request_id: 'a',
        status_code: 200,
        duration_ms: 1,
      }),
    ]);
    await setting.clock.advance(50);
    const [id] = await recorded;
    const history = await setting.tracker.getSessionHistory(id);
    expect(history?.requests).toHaveLength(1);
    expect(history?.responses).toHaveLength(1);
    expect(history?.info).not.toHaveProperty('partial');
  });
});
