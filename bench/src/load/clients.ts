import { createHmac } from 'node:crypto';

/** How many clients send in rotation. */
export const CLIENT_COUNT = 10_000;

/** With which `express-session` signs; the same for the clients, who must send what it signed. */
export const SESSION_SECRET = 'bench';

/** The address of a client, of the private 10.0.0.0/8. */
export function addressOf(client: number): string {
  return `10.${(client >> 16) & 255}.${(client >> 8) & 255}.${client & 255}`;
}

export function sessionIdOf(client: number): string {
  return `client-${client}`;
}

/** All clients send it to all variants, so that all variants get the same bytes. */
export function cookieOf(client: number): string {
  const id = sessionIdOf(client);
  const signature = createHmac('sha256', SESSION_SECRET)
    .update(id)
    .digest('base64')
    .replace(/=+$/, '');
  return `connect.sid=${encodeURIComponent(`s:${id}.${signature}`)}`;
}
