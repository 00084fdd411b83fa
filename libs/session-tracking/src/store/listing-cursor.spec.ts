import * as fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { anyText } from '../../testing/any-text.js';
import { historyOf, START } from '../../testing/record-builders.js';
import { InvalidCursorError } from '../errors/invalid-cursor.error.js';
import {
  cursorAfter,
  decodeCursor,
  isAfter,
  type ListingPosition,
  newestFirst,
  toPage,
} from './listing-cursor.js';
import type { SessionSummary } from './session-store.js';

const position: fc.Arbitrary<ListingPosition> = fc.record({
  created_at: fc
    .integer({ min: 0, max: 4_102_444_800_000 })
    .map((milliseconds) => milliseconds / 1000),
  session_id: fc.uuid(),
});

function outcomeOf(cursor: string): string {
  try {
    return decodeCursor(cursor).created_at >= 0 ? 'understood' : 'negative';
  } catch (error) {
    return error instanceof InvalidCursorError ? 'refused' : String(error);
  }
}

function summary(created_at: number): SessionSummary {
  const { info } = historyOf([], [], { created_at });
  return { session_id: randomUUID(), ...info };
}

describe('a cursor', () => {
  it('leads back to the position it was made of', () => {
    fc.assert(
      fc.property(position, (made) => {
        const cursor = cursorAfter(made);
        expect(cursor).toMatch(/^[\w-]+$/);
        expect(decodeCursor(cursor)).toEqual(made);
      }),
    );
  });

  it.each([
    '',
    'x',
    'null',
    '__proto__',
    Buffer.from('1700000000').toString('base64url'),
    Buffer.from(`1700000000:${'x'.repeat(36)}`).toString('base64url'),
    Buffer.from(`-1:${randomUUID()}`).toString('base64url'),
    Buffer.from(`1e9:${randomUUID()}`).toString('base64url'),
    Buffer.from(`1.2345:${randomUUID()}`).toString('base64url'),
    Buffer.from(`1:${randomUUID()}:`).toString('base64url'),
    Buffer.from(`1:${randomUUID()}\n`).toString('base64url'),
    Buffer.from(`\n1:${randomUUID()}`).toString('base64url'),
  ])('is refused when nobody gave it: %j', (cursor) => {
    expect(() => decodeCursor(cursor)).toThrow(InvalidCursorError);
  });

  it('is refused or understood, whatever it is', () => {
    fc.assert(
      fc.property(anyText(80), (cursor) => {
        expect(outcomeOf(cursor)).toMatch(/^(?:understood|refused)$/);
      }),
    );
  });
});

describe('the order of a listing', () => {
  it('is total: of two sessions exactly one comes first', () => {
    fc.assert(
      fc.property(position, position, (a, b) => {
        fc.pre(a.session_id !== b.session_id);
        expect(Math.sign(newestFirst(a, b))).toBe(
          -Math.sign(newestFirst(b, a)),
        );
        expect(isAfter(a, b)).toBe(!isAfter(b, a));
        expect(isAfter(a, a)).toBe(false);
      }),
    );
  });

  it('is newest first, and by id within a moment', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((session_id, index) => ({
      session_id,
      created_at: index === 2 ? START - 1 : START,
    }));
    expect(
      [a, b, c].filter((e) => e !== undefined).toSorted(newestFirst),
    ).toEqual([b, a, c]);
  });
});

describe('a page', () => {
  it('has a next one only when more was found than it holds', () => {
    const sessions = [summary(3), summary(2), summary(1)];
    expect(toPage(sessions, 3)).toEqual({ sessions, next_cursor: null });
    expect(toPage([], 3)).toEqual({ sessions: [], next_cursor: null });
    const page = toPage(sessions, 2);
    expect(page.sessions).toEqual(sessions.slice(0, 2));
    expect(decodeCursor(page.next_cursor ?? '')).toEqual({
      created_at: 2,
      session_id: sessions[1]?.session_id,
    });
  });
});
