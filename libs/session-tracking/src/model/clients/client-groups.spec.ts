import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exchangeOf, user, visitor } from '../../../testing/record-builders.js';
import { groupByClient, sessionOwner } from './client-groups.js';

describe('the owner of a session', () => {
  it('is the user, else the address', () => {
    expect(sessionOwner(user('42', '192.0.2.1'))).toBe(
      sessionOwner(user('42', '192.0.2.2')),
    );
    expect(sessionOwner(visitor('192.0.2.1'))).not.toBe(
      sessionOwner(visitor('192.0.2.2')),
    );
  });

  it('is never both', () => {
    fc.assert(
      fc.property(fc.string(), fc.ipV4(), (id, ip) => {
        expect(sessionOwner({ userId: id || 'x', ip })).not.toBe(
          sessionOwner(visitor(ip)),
        );
      }),
    );
  });
});

describe('grouping by client', () => {
  it('gathers each client’s exchanges and remembers where they stood', () => {
    const [a, b, c, d] = [
      exchangeOf(user('42', '192.0.2.1')),
      exchangeOf(visitor('192.0.2.1')),
      exchangeOf(user('42', '198.51.100.1')),
      exchangeOf(user('__proto__')),
    ];
    expect(groupByClient([a, b, c, d])).toEqual([
      { client: a.client, exchanges: [a, c], positions: [0, 2] },
      { client: b.client, exchanges: [b], positions: [1] },
      { client: d.client, exchanges: [d], positions: [3] },
    ]);
  });

  it('makes no group of nothing', () => {
    expect(groupByClient([])).toEqual([]);
  });

  it('loses none and keeps the order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(5)), (clients) => {
        const all = clients.map((id) => exchangeOf(user(String(id))));
        const groups = groupByClient(all);
        expect(new Set(groups.map(({ client }) => client.userId)).size).toBe(
          groups.length,
        );
        for (const { exchanges, positions } of groups) {
          expect(positions).toEqual(positions.toSorted((a, b) => a - b));
          expect(exchanges).toEqual(positions.map((position) => all[position]));
        }
        expect(groups.flatMap(({ positions }) => positions).length).toBe(
          all.length,
        );
      }),
    );
  });
});
