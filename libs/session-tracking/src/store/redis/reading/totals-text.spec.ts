import * as fc from 'fast-check';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { keepBusy } from '../../../../testing/keep-busy.js';
import { parseClients, readDurations, readTotalsText } from './totals-text.js';

/** Every field in turn. */
async function read(text: string): Promise<[string, string][]> {
  const seen: [string, string][] = [];
  await readTotalsText(text, (field, value) => seen.push([field, value]));
  return seen;
}

function durationsIn(text: string): Map<number, number> {
  const durations = new Map<number, number>();
  readDurations(text, durations);
  return durations;
}

describe('the text of a hash of totals', () => {
  it('is read like any JSON, whatever it holds', async () => {
    const anyText = fc.string({ unit: 'binary' });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(anyText, anyText)), async (pairs) => {
        expect(await read(JSON.stringify(pairs.flat()))).toEqual(pairs);
      }),
    );
  });

  it.each(['', '[]', '{}'])('may be without any field: %j', async (text) => {
    expect(await read(text)).toEqual([]);
  });

  it('is read with breaks where it is long', async () => {
    const text = JSON.stringify(
      Array.from({ length: 2000 }, () => ['1:requests', '1']).flat(),
    );
    let fields = 0;
    let before: number | undefined;
    const other = setImmediate().then(() => {
      before = fields;
    });
    await readTotalsText(text, () => {
      fields += 1;
      // As slow as before it is compiled.
      keepBusy(0.02);
    });
    await other;
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(2000);
    expect(fields).toBe(2000);
  });
});

describe('the text of durations', () => {
  it('has the count of each bucket', () => {
    const number = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(number, number), {
          selector: ([bucket]) => bucket,
        }),
        (counts) => {
          const text = counts.map((pair) => pair.join(':')).join(' ');
          expect([...durationsIn(text)]).toEqual(counts);
        },
      ),
    );
  });

  it.each([
    ['', []],
    ['foreign', []],
    ['1', []],
    [':1', []],
    ['1:', []],
    ['1: 2:3', [[2, 3]]],
    [
      '1:2 x 3:4',
      [
        [1, 2],
        [3, 4],
      ],
    ],
  ])('passes over what is none in %j', (text, counts) => {
    expect([...durationsIn(text)]).toEqual(counts);
  });
});

describe('the text of a hash of clients', () => {
  it('is read like any JSON, whatever clients are called', async () => {
    const count = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
    const client = fc.record({
      name: fc.string({ unit: 'binary' }),
      requests: count,
      responses: count,
      errors: count,
      durationMicroseconds: count,
    });
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(client, { selector: ({ name }) => name }),
        async (clients) => {
          const fields = clients.map((each) => [
            each.name,
            `${each.requests} ${each.responses} ${each.errors} ${each.durationMicroseconds}`,
          ]);
          const place = Math.floor(fields.length / 2);
          const text = JSON.stringify(
            fields.toSpliced(place, 0, ['written_at', '1.5']).flat(),
          );
          const { writtenAt, totals } = await parseClients(text);
          expect(writtenAt).toBe('1.5');
          expect(
            Array.from(totals, ([name, each]) => ({ name, ...each })),
          ).toEqual(clients);
        },
      ),
    );
  });

  it.each(['', '[]', '{}'])('may be without any client: %j', async (text) => {
    expect(await parseClients(text)).toEqual({
      writtenAt: '',
      totals: new Map(),
    });
  });
});
