import * as fc from 'fast-check';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { keepBusy } from '../../../testing/keep-busy.js';
import {
  parseClients,
  readTotalsText,
  type TotalsFields,
} from './totals-text.js';

/** Every field in turn, buckets under the names that they have in the hash. */
async function read(text: string): Promise<[string, string][]> {
  const seen: [string, string][] = [];
  const fields: TotalsFields = {
    bucket: (route, bucket, count) =>
      seen.push([
        route === 0 ? `d${bucket}` : `${route}:d${bucket}`,
        String(count),
      ]),
    other: (field, value) => seen.push([field, value]),
  };
  await readTotalsText(text, fields);
  return seen;
}

describe('the text of a hash of totals', () => {
  it('has buckets, and what else there is', async () => {
    const buckets: number[][] = [];
    const others: string[][] = [];
    await readTotalsText(
      '["12:d229","3","12:requests","4","GET \\/a\\"b:d1","12","d0","7","other:d5","1","duration_us","9"]',
      {
        bucket: (...bucket) => buckets.push(bucket),
        other: (...field) => others.push(field),
      },
    );
    expect(buckets).toEqual([
      [12, 229, 3],
      [0, 0, 7],
    ]);
    expect(others).toEqual([
      ['12:requests', '4'],
      ['GET /a"b:d1', '12'],
      ['other:d5', '1'],
      ['duration_us', '9'],
    ]);
  });

  it('is read like any JSON, whatever it holds', async () => {
    const number = fc.integer({ min: 1, max: 1e9 }).map(String);
    const field = fc.oneof(
      fc.tuple(number, number).map(([route, n]) => `${route}:d${n}`),
      number.map((n) => `d${n}`),
      number.map((n) => `${n}:`),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('', 'd', '1', '1:d', '1:d5 ', '1:d5:', 'd5d', ':d5', '"'),
    );
    const value = fc.oneof(number, fc.string({ unit: 'binary' }));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(field, value)), async (pairs) => {
        expect(await read(JSON.stringify(pairs.flat()))).toEqual(pairs);
      }),
    );
  });

  it.each(['', '[]', '{}'])('may be without any field: %j', async (text) => {
    expect(await read(text)).toEqual([]);
  });

  it('is read with breaks where it is long', async () => {
    const text = JSON.stringify(
      Array.from({ length: 2000 }, () => ['d1', '1']).flat(),
    );
    let fields = 0;
    let before: number | undefined;
    const other = setImmediate().then(() => {
      before = fields;
    });
    const bucket = (): void => {
      fields += 1;
      // As slow as before it is compiled.
      keepBusy(0.02);
    };
    await readTotalsText(text, { bucket, other: String });
    await other;
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(2000);
    expect(fields).toBe(2000);
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
