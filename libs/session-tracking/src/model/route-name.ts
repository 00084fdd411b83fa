import { type RequestRecord, UNMATCHED_ROUTE } from './records.js';

/** The name under which the totals of a route are kept: `GET /users/:id`. */
export function routeNameOf({
  method,
  route,
}: Pick<RequestRecord, 'method' | 'route'>): string {
  return `${method} ${route ?? UNMATCHED_ROUTE}`;
}

/** Takes such a name apart; a method has no blanks. */
export function splitRouteName(name: string): {
  method: string;
  route: string;
} {
  const blank = name.indexOf(' ');
  return { method: name.slice(0, blank), route: name.slice(blank + 1) };
}
