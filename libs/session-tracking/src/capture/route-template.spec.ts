import { describe, expect, it } from 'vitest';
import { DEFAULT_REDACTION } from '../../testing/record-builders.js';
import { Redactor } from '../model/redaction/redactor.js';
import type { HostRequest } from '../options/session-tracking-options.js';
import { RouteTemplates } from './route-template.js';

function newTemplates(): (request: HostRequest) => string {
  const templates = new RouteTemplates(
    new Redactor(DEFAULT_REDACTION, () => undefined),
  );
  // What Express has for the raw request is the raw request itself; Fastify has one of its own.
  return (hostRequest) =>
    templates.of({
      raw: 'routeOptions' in hostRequest ? {} : hostRequest,
      hostRequest,
    });
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
    expect(newTemplates()(request)).toBe(template);
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
    expect(newTemplates()(request)).toBe('unmatched');
  });

  it('holds no secret of the path under which a router is mounted', () => {
    expect(
      newTemplates()({
        baseUrl: '/invite/s3cret',
        route: { path: '/accept' },
      }),
    ).toBe('/invite/[redacted]/accept');
  });

  it('is one, in whatever case a client writes the path of a router', () => {
    const templateOf = newTemplates();
    const route = { path: '/jobs/:id' };
    expect(templateOf({ baseUrl: '/Queues', route })).toBe('/Queues/jobs/:id');
    expect(templateOf({ baseUrl: '/qUEUES', route })).toBe('/Queues/jobs/:id');
    expect(newTemplates()({ baseUrl: '/queues', route })).toBe(
      '/queues/jobs/:id',
    );
  });

  it('tells a hundred paths of routers apart, however many clients make up', () => {
    const templateOf = newTemplates();
    const route = { path: '/orders' };
    const mounts = Array.from({ length: 200 }, (_, index) => `/c/${index}`);
    const names = mounts.map((baseUrl) => templateOf({ baseUrl, route }));
    expect(new Set(names).size).toBe(101);
    expect(names[99]).toBe('/c/99/orders');
    expect(names[100]).toBe('/*/orders');
    expect(templateOf({ baseUrl: '/C/5', route })).toBe('/c/5/orders');
  });
});
