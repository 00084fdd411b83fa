import { describe, expect, it } from 'vitest';
import { requestRecord } from '../../../testing/record-builders.js';
import { MemoryRequestIndex } from './memory-request-index.js';

describe('the index of requests', () => {
  it('holds no id of a session that it was told to forget', () => {
    const index = new MemoryRequestIndex(10, () => 0);
    for (const [id, sessionId] of [
      ['a', 'one'],
      ['b', 'two'],
      ['c', 'three'],
    ] as const) {
      const requests = [requestRecord({ request_id: id })];
      index.add({ session_id: sessionId, requests }, requests);
    }
    index.forget(new Set(['one', 'three']));
    expect(['a', 'b', 'c'].map((id) => index.find(id))).toEqual([
      undefined,
      'two',
      undefined,
    ]);
  });
});
