import { RedisStore } from 'connect-redis';
import session, { Cookie } from 'express-session';
import { createClient } from 'redis';
import { CLIENT_COUNT, SESSION_SECRET, sessionIdOf } from '../load/clients.js';
import type { SetUp } from './variant.js';

/**
 * Every client has a session already and only reads it, which is the least that the package does:
 * one GET and one EXPIRE for a request.
 */
export const setUp: SetUp = async ({ redisUrl }) => {
  const client = createClient({ url: redisUrl });
  await client.connect();
  const store = new RedisStore({ client });
  for (let number = 0; number < CLIENT_COUNT; number += 1) {
    const cookie = new Cookie();
    await store.set(sessionIdOf(number), { cookie });
  }
  const middleware = session({
    store,
    secret: SESSION_SECRET,
    resave: false,
    saveUninitialized: false,
  });
  return { configure: (app) => void app.use(middleware) };
};
