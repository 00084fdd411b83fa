import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  exchangeOf,
  requestRecord,
  user,
} from '../../testing/record-builders.js';
import { CONFORMANCE_POLICY } from '../../testing/session-store-conformance.js';
import { countRecords } from '../model/records/exchange.js';
import { MemorySessionStore } from '../store/memory/memory-session-store.js';
import type { RecordBatch } from '../store/session-store.js';
import {
  BatchCutter,
  type Cut,
  type QueuedBatch,
  RECORDS_PER_BATCH,
} from './batch-cutter.js';
import { estimateBytes, type QueuedExchange } from './record-queue.js';

function exchanges(count: number, partition = 0): QueuedExchange[] {
  return Array.from({ length: count }, (_, index) => ({
    ...exchangeOf(user('42'), { id: `${partition}-${index}` }),
    partition,
  }));
}

/** A cutter, and the batches that it made ready. */
function startCutter() {
  const made: RecordBatch[] = [];
  const store = new MemorySessionStore(CONFORMANCE_POLICY, Date.now);
  const cutter = new BatchCutter((batch) => {
    made.push(batch);
    return store.prepare(batch);
  });
  const cut = (
    queued: readonly QueuedExchange[],
    how: Partial<Cut> = {},
  ): QueuedBatch[] =>
    cutter.cut(queued, {
      wantsSessionIds: false,
      keepsExchanges: true,
      ...how,
    });
  return { cut, made };
}

describe('cutting batches', () => {
  it('makes pieces of as many records as a call may take', () => {
    const full = RECORDS_PER_BATCH / 2;
    const count = 2 * full + 30;
    const { cut, made } = startCutter();
    const batches = cut(exchanges(count));
    expect(made.map((batch) => batch.exchanges.length)).toEqual([
      full,
      full,
      30,
    ]);
    expect(batches.map(({ exchanges: kept }) => kept)).toEqual(
      made.map((batch) => batch.exchanges),
    );
    expect(made.flatMap((batch) => batch.exchanges)).toEqual(
      exchanges(count).map(({ client }) =>
        expect.objectContaining({ client, partition: 0 }),
      ),
    );
  });

  it('makes nothing of nothing', () => {
    expect(startCutter().cut([], { wantsSessionIds: true })).toEqual([]);
  });

  it('numbers them upwards under one name, each with a seed of its own', () => {
    const { cut, made } = startCutter();
    const numbered = [...cut(exchanges(120)), ...cut(exchanges(1))];
    const batches = made;
    expect(numbered.map(({ sequence }) => sequence)).toEqual(
      batches.map(({ sequence }) => sequence),
    );
    const sequences = batches.map(({ sequence }) => sequence);
    expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
    expect(new Set(sequences).size).toBe(batches.length);
    expect(new Set(batches.map(({ writer }) => writer)).size).toBe(1);
    expect(new Set(batches.map(({ seed }) => seed)).size).toBe(batches.length);
    const other = startCutter();
    other.cut(exchanges(1));
    expect(other.made[0]?.writer).not.toBe(batches[0]?.writer);
  });

  it('asks for session ids where a listener or a caller waits for them', () => {
    const { cut, made } = startCutter();
    const awaited: QueuedExchange = {
      client: user('42'),
      request: requestRecord(),
      partition: 1,
      settle: () => undefined,
    };
    const wants = (all: QueuedExchange[], listened: boolean): boolean[] => {
      const before = made.length;
      const batches = cut(all, { wantsSessionIds: listened });
      const answers = made.slice(before).map((batch) => batch.wantsSessionIds);
      expect(batches.map((batch) => batch.wantsSessionIds)).toEqual(answers);
      return answers;
    };
    expect(wants(exchanges(1), false)).toEqual([false]);
    expect(wants(exchanges(1), true)).toEqual([true]);
    expect(wants([...exchanges(1), awaited], false)).toEqual([false, true]);
  });

  it('counts the memory of what was packed, beside the exchanges or where it is more', () => {
    const bytes = 1_000_000;
    const cutter = new BatchCutter((batch) => ({
      ...new MemorySessionStore(CONFORMANCE_POLICY, Date.now).prepare(batch),
      bytes,
    }));
    const [exchange] = exchanges(1);
    const bytesOf = (keepsExchanges: boolean): (number | undefined)[] =>
      cutter
        .cut(exchanges(1), { wantsSessionIds: false, keepsExchanges })
        .map((batch) => batch.bytes);
    expect(bytesOf(false)).toEqual([bytes]);
    expect(bytesOf(true)).toEqual([
      bytes + (exchange === undefined ? 0 : estimateBytes(exchange)),
    ]);
  });

  it('loses nothing, mixes no partitions and keeps the order within each', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ partition: fc.nat(4), single: fc.boolean() }), {
          maxLength: 700,
        }),
        (sketches) => {
          const queued = sketches.map(({ partition, single }, index) => {
            const { request, response, client } = exchangeOf(user('42'), {
              id: String(index),
            });
            return {
              client,
              partition,
              position: index,
              ...(request && { request }),
              ...(!single && response && { response }),
            };
          });
          const { cut, made } = startCutter();
          const batches = cut(queued, { keepsExchanges: false });
          for (const [index, batch] of batches.entries()) {
            const inside = made[index]?.exchanges ?? [];
            const records = inside.reduce(
              (sum, each) => sum + countRecords(each),
              0,
            );
            expect(batch.exchanges).toBeUndefined();
            expect(batch.records).toBe(records);
            expect(batch.recordCounts).toEqual(inside.map(countRecords));
            expect(queued[batch.oldest]).toBe(inside[0]);
            expect(records).toBeGreaterThan(0);
            expect(records).toBeLessThanOrEqual(RECORDS_PER_BATCH + 1);
            expect(batch.bytes).toBe(
              inside.reduce((sum, each) => sum + estimateBytes(each), 0),
            );
          }
          for (let partition = 0; partition <= 4; partition += 1) {
            expect(
              made
                .filter((batch) => batch.partition === partition)
                .flatMap((batch) => [...batch.exchanges]),
            ).toEqual(queued.filter((each) => each.partition === partition));
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});
