import { expect } from 'vitest';
import type { TestApp } from './boot-test-app.js';
import { asUser } from './guards.js';
import type { Answer } from './http-client.js';

/** Headers of somebody who may use the admin API. */
export const ADMIN = asUser({ id: 'root', roles: ['admin'] });

/** Asks the admin API, at its default path, as an admin. */
export function askAdmin(
  app: TestApp,
  path: string,
  method: 'GET' | 'DELETE' = 'GET',
): Promise<Answer> {
  return app.http.send(method, `/admin/analytics/${path}`, { headers: ADMIN });
}

/** What it answers, which must be a 200. */
export async function readAdmin<T>(app: TestApp, path: string): Promise<T> {
  const { status, text } = await askAdmin(app, path);
  expect({ status, text }).toMatchObject({ status: 200 });
  return JSON.parse(text) as T;
}
