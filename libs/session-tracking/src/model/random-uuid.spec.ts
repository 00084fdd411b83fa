import { describe, expect, it } from 'vitest';
import { randomUuid } from './random-uuid.js';

describe('a random UUID', () => {
  const ids = Array.from({ length: 5000 }, randomUuid);

  it('is one of version 4', () => {
    for (const id of ids) {
      expect(id).toMatch(
        /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      );
    }
  });

  it('is never the same', () => {
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('has every digit at every place that is free', () => {
    const places = Array.from(
      ids[0] ?? '',
      (_, place) => new Set(ids.map((id) => id[place])).size,
    );
    const free = [8, 4, 3, 3, 12].map((length) => Array(length).fill(16));
    const [a = [], b = [], c = [], d = [], e = []] = free;
    expect(places).toEqual([...a, 1, ...b, 1, 1, ...c, 1, 4, ...d, 1, ...e]);
  });
});
