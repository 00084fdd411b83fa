import { beforeEach, describe, expect, it } from 'vitest';
import { ForwardedAddresses } from './forwarded-addresses.js';

/** Looks like Express' own; test/identifies-clients.e2e-spec.ts asks the real ones. */
const platformRequest: object = Object.defineProperty({}, 'ip', {
  get: Object.assign(() => '203.0.113.9', {
    toString: () => `function ip(){
      var trust = this.app.get('trust proxy fn');
      return proxyaddr(this, trust);
    }`,
  }),
});

describe('addresses behind a proxy', () => {
  let addresses: ForwardedAddresses;

  beforeEach(() => {
    addresses = new ForwardedAddresses();
  });

  it('are told apart by socket and header', () => {
    const keys = [
      ['127.0.0.1', '203.0.113.9'],
      ['127.0.0.2', '203.0.113.9'],
      ['127.0.0.1', '203.0.113.10'],
      ['127.0.0.1', '203.0.113.9'],
    ].map(([socket, header]) =>
      addresses.keyOf(Object.create(platformRequest), socket, header),
    );
    expect(keys).not.toContain(undefined);
    expect(new Set(keys).size).toBe(3);
  });

  describe('are not remembered', () => {
    it.each<[string, object]>([
      [
        'the request has one of its own',
        Object.create(platformRequest, { ip: { value: '192.0.2.1' } }),
      ],
      [
        'the host has a getter of its own',
        Object.create(
          Object.create(platformRequest, { ip: { get: () => '192.0.2.1' } }),
        ),
      ],
      ['there is none', {}],
      ['there is not even a prototype', Object.create(null)],
    ])('where %s', (_case, request) => {
      const usual: object = Object.create(platformRequest);
      const keys = [usual, request, usual].map((each) =>
        addresses.keyOf(each, '127.0.0.1', '203.0.113.9'),
      );
      const key = '127.0.0.1 203.0.113.9';
      expect(keys).toEqual([key, undefined, key]);
    });

    it.each([
      ['without a socket', undefined, '203.0.113.9'],
      ['without the header', '127.0.0.1', undefined],
      ['with a header that is very long', '127.0.0.1', '1'.repeat(3000)],
    ])('%s', (_case, socket, header) => {
      const request = Object.create(platformRequest);
      expect(addresses.keyOf(request, socket, header)).toBeUndefined();
    });
  });

  it('are forgotten after a minute', () => {
    addresses.set('one', '203.0.113.9', 0);
    expect(addresses.get('one', 20_000)).toBe('203.0.113.9');
    expect(addresses.get('one', 31_000)).toBe('203.0.113.9');
    expect(addresses.get('one', 62_000)).toBeUndefined();
  });

  it('are forgotten after a long silence', () => {
    addresses.set('one', '203.0.113.9', 0);
    expect(addresses.get('one', 3_600_000)).toBeUndefined();
  });

  it('are bounded', () => {
    const each = Array.from({ length: 40_000 }, (_, index) => `key ${index}`);
    for (const key of each) {
      addresses.set(key, '203.0.113.9', 0);
    }
    const kept = each.filter((key) => addresses.get(key, 1) !== undefined);
    expect(kept.length).toBeLessThanOrEqual(2 * 8192);
    expect(kept).toContain('key 39999');
    expect(kept).toContain('key 30000');
  });
});
