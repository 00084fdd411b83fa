import { randomUUID } from 'node:crypto';
import type { SessionTracker } from 'nestjs-session-tracking';
import { addressOf } from './clients.js';

export const REQUESTS_PER_SESSION = 20;

/** Time from one request of a session to the next. */
const GAP_SECONDS = 30;

/** Sessions begin over so long a time; the last of them end with it and a few minutes more. */
const BEGINNINGS_SECONDS = 2400;

/** One client in two is signed in. */
const SIGNED_IN_EVERY = 2;

const CLIENT_ERROR_SHARE = 0.03;
const SERVER_ERROR_SHARE = 0.005;

/** How widely durations spread: with 1 the slowest of a hundred takes ten times the median. */
const DURATION_SPREAD = 1;

interface Route {
  method: string;
  template: string;
  /** How often it is called, against the others. */
  weight: number;
  medianMs: number;
}

const ROUTES: readonly Route[] = [
  route('GET', '/api/products', 18, 12),
  route('GET', '/api/products/:id', 24, 4),
  route('GET', '/api/products/:id/reviews', 8, 9),
  route('POST', '/api/products/:id/reviews', 1, 20),
  route('GET', '/api/categories', 6, 3),
  route('GET', '/api/categories/:id', 5, 8),
  route('GET', '/api/search', 9, 45),
  route('GET', '/api/suggestions', 8, 6),
  route('GET', '/api/cart', 6, 5),
  route('POST', '/api/cart/items', 5, 14),
  route('PATCH', '/api/cart/items/:id', 2, 12),
  route('DELETE', '/api/cart/items/:id', 1, 11),
  route('POST', '/api/orders', 2, 120),
  route('GET', '/api/orders', 3, 18),
  route('GET', '/api/orders/:id', 3, 9),
  route('POST', '/api/payments', 2, 400),
  route('GET', '/api/account', 4, 5),
  route('PATCH', '/api/account', 1, 16),
  route('GET', '/api/account/addresses', 2, 6),
  route('POST', '/api/sign-in', 3, 90),
];

/** As many entries for each route as it has weight. */
const DRAWN = ROUTES.flatMap((each) =>
  Array.from({ length: each.weight }, () => each),
);

type Exchange = Parameters<SessionTracker['recordExchange']>;

/** What many clients of a shop do in the three quarters of an hour before a moment, as it happens. */
export function* sessionTraffic(
  sessions: number,
  untilSeconds: number,
): Generator<Exchange> {
  const secondsApart = BEGINNINGS_SECONDS / sessions;
  // While one session waits for its next request, so many others begin.
  const between = Math.max(1, Math.round(GAP_SECONDS / secondsApart));
  const moments = sessions + (REQUESTS_PER_SESSION - 1) * between;
  for (let moment = 0; moment < moments; moment += 1) {
    const at = untilSeconds - (moments - moment) * secondsApart;
    for (let request = 0; request < REQUESTS_PER_SESSION; request += 1) {
      const session = moment - request * between;
      if (session >= 0 && session < sessions) {
        yield exchangeOf(session, at);
      }
    }
  }
}

function exchangeOf(session: number, atSeconds: number): Exchange {
  const { method, template, medianMs } = draw();
  const request_id = randomUUID();
  const duration_ms = rounded(medianMs * Math.exp(DURATION_SPREAD * normal()));
  const isUser = session % SIGNED_IN_EVERY === 0;
  return [
    { userId: isUser ? `user-${session}` : '', ip: addressOf(session) },
    {
      timestamp: rounded(atSeconds),
      path: template.replace(':id', String(session % 1000)),
      method,
      request_id,
      route: template,
    },
    {
      timestamp: rounded(atSeconds + duration_ms / 1000),
      request_id,
      status_code: status(),
      duration_ms,
      handler: 'ShopController.answer',
      handler_ms: rounded(duration_ms * 0.8),
    },
  ];
}

function route(
  method: string,
  template: string,
  weight: number,
  medianMs: number,
): Route {
  return { method, template, weight, medianMs };
}

function draw(): Route {
  const drawn = DRAWN[Math.floor(Math.random() * DRAWN.length)];
  if (drawn === undefined) {
    throw new RangeError('No route has any weight.');
  }
  return drawn;
}

function status(): number {
  const lot = Math.random();
  if (lot < SERVER_ERROR_SHARE) {
    return 500;
  }
  return lot < SERVER_ERROR_SHARE + CLIENT_ERROR_SHARE ? 404 : 200;
}

/** Of the standard normal distribution. */
function normal(): number {
  const radius = Math.sqrt(-2 * Math.log(1 - Math.random()));
  return radius * Math.cos(2 * Math.PI * Math.random());
}

/** To three digits, as capture does. */
function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
