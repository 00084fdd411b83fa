import { beforeEach, describe, expect, it } from 'vitest';
import type { ControllableStore } from '../../testing/controllable-store.js';
import { START } from '../../testing/record-builders.js';
import { TrackerSetting } from '../../testing/tracker-setting.js';
import { slotAt } from '../model/totals/time-slot.js';

let setting: TrackerSetting;

beforeEach(() => {
  setting = new TrackerSetting();
});

function routesAtStart(): ReturnType<ControllableStore['readRoutes']> {
  return setting.store.readRoutes(slotAt(START, 300));
}

describe('a response that is recorded apart from its request', () => {
  const client = { userId: '42', ip: '192.0.2.1' };
  const respond = (over: { request_id: string }, to = client) =>
    setting.tracker.recordResponse(to, {
      status_code: 500,
      duration_ms: 7,
      ...over,
    });

  it('is counted for the route of that request', async () => {
    const request = { method: 'GET', path: '/a', route: '/:id' };
    await Promise.all([
      setting.tracker.recordRequest(client, { ...request, request_id: 'one' }),
      setting.clock.advance(50),
    ]);
    await Promise.all([
      respond({ request_id: 'one' }),
      setting.clock.advance(50),
    ]);
    expect((await routesAtStart()).get('GET /:id')).toMatchObject({
      requests: 1,
      responses: 1,
      serverErrors: 1,
      durationMicroseconds: 7000,
    });
  });

  it('is not taken for the answer to another client, nor for a second one', async () => {
    const request = { method: 'GET', path: '/a', request_id: 'one' };
    void setting.tracker.recordRequest(client, request);
    void respond({ request_id: 'one' }, { ...client, userId: '43' });
    void respond({ request_id: 'one' });
    void respond({ request_id: 'one' });
    await setting.clock.advance(50);
    expect((await routesAtStart()).get('GET unmatched')).toMatchObject({
      requests: 1,
      responses: 1,
    });
    expect(await setting.store.readUsage(slotAt(START, 60))).toMatchObject({
      responses: 3,
    });
  });

  it('is known for the latest 10,000 requests', async () => {
    setting = new TrackerSetting({ flush: { maxQueue: 100_000 } });
    for (let index = 0; index <= 10_000; index += 1) {
      void setting.tracker.recordRequest(client, {
        method: 'GET',
        path: '/a',
        request_id: String(index),
      });
    }
    void respond({ request_id: '0' });
    void respond({ request_id: '1' });
    void respond({ request_id: '10000' });
    await setting.tracker.flush();
    expect((await routesAtStart()).get('GET unmatched')).toMatchObject({
      requests: 10_001,
      responses: 2,
    });
  });
});
