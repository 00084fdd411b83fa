import { describe, expect, it } from 'vitest';
import { ExpiringMap } from './expiring-map.js';

function mapAt(maxEntries: number): {
  map: ExpiringMap<string>;
  moveTo: (seconds: number) => void;
} {
  let now = 0;
  return {
    map: new ExpiringMap<string>(maxEntries, () => now),
    moveTo: (seconds) => {
      now = seconds;
    },
  };
}

describe('a map whose entries expire', () => {
  it('forgets an entry at the end of its time', () => {
    const { map, moveTo } = mapAt(10);
    map.set('a', '1', 5);
    moveTo(4.999);
    expect(map.get('a')).toBe('1');
    expect([...map.values()]).toEqual(['1']);
    moveTo(5);
    expect(map.get('a')).toBeUndefined();
    expect([...map.values()]).toEqual([]);
  });

  it('gives an entry that is written again new time', () => {
    const { map, moveTo } = mapAt(10);
    map.set('a', '1', 5);
    moveTo(4);
    map.set('a', '2', 5);
    moveTo(8);
    expect(map.get('a')).toBe('2');
  });

  it('lets the entry go that was written longest ago when there are too many', () => {
    const { map } = mapAt(2);
    map.set('a', '1', 5);
    map.set('b', '2', 5);
    map.set('a', '3', 5);
    map.set('c', '4', 5);
    expect([map.get('a'), map.get('b'), map.get('c')]).toEqual([
      '3',
      undefined,
      '4',
    ]);
  });

  it('lets expired entries go before living ones', () => {
    const { map, moveTo } = mapAt(2);
    map.set('long', '1', 100);
    map.set('short', '2', 1);
    moveTo(20);
    map.set('new', '3', 100);
    expect([...map.values()]).toEqual(['1', '3']);
  });

  it('deletes, and knows __proto__ as a key like any other', () => {
    const { map } = mapAt(3);
    expect(map.get('__proto__')).toBeUndefined();
    map.set('__proto__', '1', 5);
    expect(map.get('__proto__')).toBe('1');
    map.delete('__proto__');
    expect(map.get('__proto__')).toBeUndefined();
  });
});
