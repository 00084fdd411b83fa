import { describe, expect, it } from 'vitest';
import { MemoryRequestIndex } from './memory-request-index.js';

describe('the index of requests', () => {
  it('holds no id of a session that it was told to forget', () => {
    const index = new MemoryRequestIndex(10, () => 0);
    index.add('a', 'one');
    index.add('b', 'two');
    index.add('c', 'three');
    index.forget(new Set(['one', 'three']));
    expect(['a', 'b', 'c'].map((id) => index.find(id))).toEqual([
      undefined,
      'two',
      undefined,
    ]);
  });
});
