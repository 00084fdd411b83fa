import { type RequestRecord, UNMATCHED_ROUTE } from './records.js';
import { remembered } from '../remembered.js';

/** By method, then by route. The same text for the same name, which a map then has to hash once only. */
const nameOf = remembered((method: string) =>
  remembered((route: string) => `${method} ${route}`),
);

/** The name under which the totals of a route are kept: `GET /users/:id`. */
export function routeNameOf({
  method,
  route = UNMATCHED_ROUTE,
}: Pick<RequestRecord, 'method' | 'route'>): string {
  return nameOf(method)(route);
}

/** Takes such a name apart; a method has no blanks. */
export function splitRouteName(name: string): {
  method: string;
  route: string;
} {
  const blank = name.indexOf(' ');
  return { method: name.slice(0, blank), route: name.slice(blank + 1) };
}
