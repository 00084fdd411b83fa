import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { keepBusy } from '../../testing/keep-busy.js';
import { mapWithBreaks } from './map-with-breaks.js';

it('makes something of each item, in order', async () => {
  expect(
    await mapWithBreaks(new Set(['a', 'b']), (item, index) => item + index),
  ).toEqual(['a0', 'b1']);
});

it('lets other work in between', async () => {
  let made = 0;
  const mapped = mapWithBreaks(Array.from({ length: 20 }), () => {
    keepBusy(1);
    made += 1;
  });
  await setImmediate();
  await setImmediate();
  expect(made).toBeLessThan(20);
  await mapped;
  expect(made).toBe(20);
});
