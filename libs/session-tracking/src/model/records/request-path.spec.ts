import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyText } from '../../../testing/any-text.js';
import { pathOf } from './request-path.js';

describe('the path of a request', () => {
  it.each([
    ['/items', '/items'],
    ['/', '/'],
    ['/items/', '/items/'],
    ['/items?page=2', '/items'],
    ['/?token=secret', '/'],
    ['/items#part', '/items'],
    ['/items?next=/other?x', '/items'],
    ['//double/slash', '//double/slash'],
    ['/a%20b', '/a%20b'],
    ['/%', '/%'],
    ['/go?to=http://elsewhere.test/x', '/go'],
    ['http://shop.test/items?page=2', '/items'],
    ['http://shop.test:8080/', '/'],
    ['http://shop.test', '/'],
    ['*', '*'],
    ['', ''],
    [undefined, '/'],
  ])('of %j is %j', (target, path) => {
    expect(pathOf(target)).toBe(path);
  });

  it('never holds a part of the query, also where a whole URL has no path', () => {
    expect(pathOf('http://shop.test?token=/secret')).toBe('/');
    expect(pathOf('http://shop.test#/secret')).toBe('/');
  });

  it('is kept up to 2048 bytes', () => {
    const longest = `/${'x'.repeat(2047)}`;
    expect(pathOf(longest)).toBe(longest);
    expect(pathOf(`${longest}x`)).toBe(longest);
    expect(pathOf(`${longest}?query`)).toBe(longest);
    const wide = `/${'é'.repeat(1023)}`;
    expect(pathOf(wide)).toBe(wide);
  });

  it('is never longer, wherever the cut falls', () => {
    fc.assert(
      fc.property(
        anyText(6).map((text) => text || 'é'),
        fc.nat(5),
        (unit, shift) => {
          const path = pathOf(`/${'x'.repeat(shift)}${unit.repeat(2100)}`);
          expect(Buffer.byteLength(path)).toBeLessThanOrEqual(2048);
          expect(path).not.toContain('?');
        },
      ),
    );
  });
});
