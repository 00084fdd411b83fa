import { expect, it, onTestFinished, vi } from 'vitest';
import { UNCHANGED } from '../redis-totals-hashes.js';
import { RememberedTotals } from './remembered-totals.js';

/** Hashes by their keys: when they were written, and what they say. */
const hashes = new Map<string, [string, number]>();
const sent: string[] = [];

function remember(mostHashes: number): RememberedTotals<number | null> {
  sent.length = 0;
  return new RememberedTotals(
    {
      async read(key, writtenAt, takeIn) {
        const hash = hashes.get(key);
        if (hash?.[0] === writtenAt) {
          return takeIn(UNCHANGED);
        }
        sent.push(key);
        return takeIn(hash === undefined ? '' : JSON.stringify(hash));
      },
    },
    (text) => {
      const [writtenAt, totals]: [string, number | null] =
        text === '' ? ['', null] : JSON.parse(text);
      return { writtenAt, totals };
    },
    mostHashes,
  );
}

it('reads what was written since, and nothing else', async () => {
  hashes.set('a', ['1', 10]);
  const remembered = remember(5);
  expect(await remembered.read('a')).toBe(10);
  expect(await remembered.read('a')).toBe(10);
  expect(sent).toEqual(['a']);
  hashes.set('a', ['2', 20]);
  expect(await remembered.read('a')).toBe(20);
  hashes.delete('a');
  expect(await remembered.read('a')).toBeNull();
  expect(await remembered.read('a')).toBeNull();
  expect(sent).toEqual(['a', 'a', 'a', 'a']);
});

it('forgets what was unused for longest', async () => {
  for (const key of ['a', 'b', 'c']) {
    hashes.set(key, ['1', 1]);
  }
  const remembered = remember(2);
  for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) {
    await remembered.read(key);
  }
  expect(sent).toEqual(['a', 'b', 'c', 'b']);
});

it('gives everyone who asks at once the same', async () => {
  hashes.set('a', ['1', 10]);
  const remembered = remember(2);
  await remembered.read('a');
  hashes.set('a', ['2', 20]);
  expect(
    await Promise.all([remembered.read('a'), remembered.read('a')]),
  ).toEqual([20, 20]);
});

it('forgets what nobody asked about for a minute', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  for (const key of ['a', 'b']) {
    hashes.set(key, ['1', 1]);
  }
  const remembered = remember(5);
  await remembered.read('b');
  for (let second = 0; second < 60; second += 10) {
    await remembered.read('a');
    await vi.advanceTimersByTimeAsync(10_000);
  }
  expect(sent).toEqual(['b', 'a']);
  await remembered.read('a');
  await remembered.read('b');
  expect(sent).toEqual(['b', 'a', 'b']);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(vi.getTimerCount()).toBe(0);
  await remembered.read('a');
  expect(sent).toEqual(['b', 'a', 'b', 'a']);
  remembered.close();
  expect(vi.getTimerCount()).toBe(0);
});
