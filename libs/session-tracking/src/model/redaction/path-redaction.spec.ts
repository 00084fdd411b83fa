import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redactSecretSegments } from './path-redaction.js';
import { readRouteSecrets } from './route-secrets.js';

const word = fc.constantFrom(
  'api',
  'users',
  'reset',
  'password',
  'log',
  'in',
  'token',
  'verify-email',
  'Confirm',
  'v1',
  '42',
  'a=b',
  'u8lRXTzASBZOBs0B6X57Hwyd1R4kfmXcs0rtaTCbf3E',
  '5f4dcc3b5aa765d61d8327deb882cf99',
  'e%40mail',
  'me@example.com',
  'c;d=1',
);
const parameter = fc.constantFrom(':id', ':token', ':resetCode', '*rest');

describe('what a path may keep', () => {
  it('does not depend on how far its template is known to be harmless', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('', '', '/', '/other', '/reset'),
        fc.array(fc.tuple(fc.oneof(word, parameter), word)),
        fc.constantFrom('', '/', '/more', '?'),
        (start, segments, end) => {
          const route = segments.map(([template]) => `/${template}`).join('');
          // A path begins otherwise where one application is mounted into another.
          const path =
            start +
            segments
              .map(([template, value]) =>
                /^[:*]/.test(template) ? `/${value}` : `/${template}`,
              )
              .join('') +
            end;
          const secrets = readRouteSecrets(route);
          expect(redactSecretSegments(path, secrets)).toBe(
            redactSecretSegments(path, { ...secrets, harmlessStart: '' }),
          );
        },
      ),
      { numRuns: 3000 },
    );
  });

  it.each([
    ['/api/users/:id', '/api/users/'],
    ['/api/users', '/api/'],
    ['/api/reset/:id', ''],
    ['/api/log-in/:id/:name', ''],
    ['/api{/:version}/users', '/'],
    ['unmatched', ''],
  ])('%s is harmless up to %j', (route, start) => {
    expect(readRouteSecrets(route).harmlessStart).toBe(start);
  });
});
