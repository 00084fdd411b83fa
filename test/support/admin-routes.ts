import { RequestMethod } from '@nestjs/common';
import { AdminAnalyticsController } from 'nestjs-session-tracking';

export interface AdminRoute {
  readonly method: 'GET' | 'DELETE';
  /** Below the admin path, with parameters filled in. */
  readonly path: string;
}

const PARAMETERS: Readonly<Record<string, string>> = {
  ':id': '00000000-0000-4000-8000-000000000000',
  ':userId': 'nobody',
  ':ip': '203.0.113.200',
};

/** Queries without which a route answers nothing. */
const QUERIES: Readonly<Record<string, string>> = {
  funnel: '?steps=GET%20/a,GET%20/b',
};

/**
 * Every route of the admin controller, read from the controller so that none is forgotten. The live
 * stream has a controller of its own, for it never ends.
 */
export function adminRoutes(): AdminRoute[] {
  const { prototype } = AdminAnalyticsController;
  return Object.getOwnPropertyNames(prototype).flatMap((name): AdminRoute[] => {
    const handler: unknown = Reflect.get(prototype, name);
    const template: unknown =
      typeof handler === 'function'
        ? Reflect.getMetadata('path', handler)
        : undefined;
    if (typeof handler !== 'function' || typeof template !== 'string') {
      return [];
    }
    const method: RequestMethod = Reflect.getMetadata('method', handler);
    return [
      {
        method: method === RequestMethod.DELETE ? 'DELETE' : 'GET',
        path: `${template.replaceAll(
          /:\w+/g,
          (parameter) => PARAMETERS[parameter] ?? 'something',
        )}${QUERIES[template] ?? ''}`,
      },
    ];
  });
}
