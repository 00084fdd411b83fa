import { describe, expect, it } from 'vitest';
import { DEFAULT_REDACTION } from '../../testing/record-builders.js';
import { Redactor } from '../model/redaction/redactor.js';
import type { HostRequest } from '../options/session-tracking-options.js';
import { routeTemplateOf } from './route-template.js';

const redactor = new Redactor(DEFAULT_REDACTION, () => undefined);

/** What Express has for the raw request is the raw request itself; Fastify has one of its own. */
function templateOf(request: HostRequest): string {
  const raw = 'routeOptions' in request ? {} : request;
  return routeTemplateOf({ raw, hostRequest: request }, redactor);
}

describe('the route of a request', () => {
  it.each([
    ['Express', { baseUrl: '', route: { path: '/users/:id' } }, '/users/:id'],
    [
      'an Express router under a path',
      { baseUrl: '/api', route: { path: '/users/:id' } },
      '/api/users/:id',
    ],
    ['Express without a base', { route: { path: '/users' } }, '/users'],
    ['Fastify', { routeOptions: { url: '/users/:id' } }, '/users/:id'],
    ['the root', { route: { path: '/' } }, '/'],
    [
      'a wildcard under a path',
      { routeOptions: { url: '/files/*' } },
      '/files/*',
    ],
  ])('is the template: %s', (_, request, template) => {
    expect(templateOf(request)).toBe(template);
  });

  it.each([
    ['nothing known', {}],
    ['no match on Fastify', { routeOptions: {} }],
    ['a match without a path', { route: {} }],
    ['a regular expression', { route: { path: /x/ } }],
    ['several paths', { route: { path: ['/a', '/b'] } }],
    ['an empty path', { route: { path: '' } }],
    ['Nest’s own catch-all on Express', { route: { path: '/*path' } }],
    ['the star', { route: { path: '*' } }],
    ['Fastify’s catch-all', { routeOptions: { url: '/*' } }],
    ['a url that is no text', { routeOptions: { url: 5 } }],
  ])('is unmatched: %s', (_, request) => {
    expect(templateOf(request)).toBe('unmatched');
  });

  it.each(['/Queues', '/qUEUES', '/queues'])(
    'is one, in whatever case a client writes the path of a router: %s',
    (baseUrl) => {
      expect(templateOf({ baseUrl, route: { path: '/jobs/:jobId' } })).toBe(
        '/queues/jobs/:jobId',
      );
    },
  );

  it('holds no secret of the path under which a router is mounted', () => {
    expect(
      templateOf({ baseUrl: '/invite/s3cret', route: { path: '/accept' } }),
    ).toBe('/invite/[redacted]/accept');
  });
});
