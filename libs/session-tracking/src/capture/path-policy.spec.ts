import { describe, expect, it } from 'vitest';
import { PathPolicy } from './path-policy.js';

function excludes(
  paths: string[],
  path: string,
  { prefix = '', method = 'GET', methods = ['OPTIONS'] } = {},
): boolean {
  return new PathPolicy(paths, methods, prefix).isExcluded(method, path);
}

describe('what is not recorded', () => {
  it('is an exact path, with or without a slash at its end', () => {
    expect(excludes(['/health'], '/health')).toBe(true);
    expect(excludes(['/health'], '/health/')).toBe(true);
    expect(excludes(['/health/'], '/health')).toBe(true);
    expect(excludes(['/health'], '/healthy')).toBe(false);
    expect(excludes(['/health'], '/health/deep')).toBe(false);
    expect(excludes(['/health'], '/api/health')).toBe(false);
    expect(excludes(['/health'], '/Health')).toBe(false);
    expect(excludes(['/'], '/')).toBe(true);
    expect(excludes(['/'], '/items')).toBe(false);
  });

  it('is everything that begins as a path that ends in a star', () => {
    expect(excludes(['/admin/*'], '/admin/users')).toBe(true);
    expect(excludes(['/admin/*'], '/admin/users/1')).toBe(true);
    expect(excludes(['/admin/*'], '/admin')).toBe(false);
    expect(excludes(['/admin/*'], '/administration')).toBe(false);
    expect(excludes(['/admin*'], '/administration')).toBe(true);
    expect(excludes(['/*'], '/anything')).toBe(true);
  });

  it.each(['api', '/api', 'api/', '/api/'])(
    'counts with and without the global prefix %s',
    (prefix) => {
      expect(excludes(['/health'], '/api/health', { prefix })).toBe(true);
      expect(excludes(['/health'], '/health', { prefix })).toBe(true);
      expect(excludes(['/api/health'], '/api/health', { prefix })).toBe(true);
      expect(excludes(['/x/*'], '/api/x/y', { prefix })).toBe(true);
      expect(excludes(['/x/*'], '/x/y', { prefix })).toBe(true);
      expect(excludes(['/'], '/api', { prefix })).toBe(true);
      expect(excludes(['/health'], '/other/health', { prefix })).toBe(false);
    },
  );

  it('takes a prefix of several segments', () => {
    expect(excludes(['/health'], '/api/v1/health', { prefix: 'api/v1' })).toBe(
      true,
    );
  });

  it('takes characters that mean something elsewhere literally', () => {
    expect(excludes(['/a.c'], '/abc')).toBe(false);
    expect(excludes(['/(a+)+'], '/(a+)+')).toBe(true);
    expect(excludes(['/__proto__'], '/constructor')).toBe(false);
    expect(excludes([], '/__proto__')).toBe(false);
  });

  it('is a method, whatever the path', () => {
    expect(excludes([], '/items', { method: 'OPTIONS' })).toBe(true);
    expect(excludes([], '/items', { method: 'GET' })).toBe(false);
    expect(excludes([], '/items', { method: 'HEAD', methods: ['HEAD'] })).toBe(
      true,
    );
    expect(excludes([], '/items', { method: 'OPTIONS', methods: [] })).toBe(
      false,
    );
  });
});
