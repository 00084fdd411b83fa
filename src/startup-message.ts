import type { AddressInfo } from 'node:net';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { adminInstructions } from './admin-instructions.js';
import { DEMO_USERS } from './auth/demo-users.js';
import type { ShopSettings } from './settings.js';

export function startupMessage(
  app: NestExpressApplication,
  settings: ShopSettings,
): string {
  const { port } = app.getHttpServer().address() as AddressInfo;
  const baseUrl = `http://localhost:${port}`;
  return `
The example shop is up:  ${baseUrl}/api/products
Sessions are kept in:    ${storeInUse(settings.redisUrl)}

${adminInstructions(baseUrl)}

Customers to log in as:  ${customers()} (every password is the name and -demo)

Give it something to show, from a second terminal:
  npm run demo:traffic -- ${baseUrl}
`;
}

function storeInUse(redisUrl?: string): string {
  if (!redisUrl) {
    return 'memory, until the shop stops (in Redis with REDIS_URL=redis://localhost:6379 npm start)';
  }
  // The password that the address may hold is not for the terminal.
  const { protocol, host, pathname } = new URL(redisUrl);
  return `Redis at ${protocol}//${host}${pathname}`;
}

function customers(): string {
  return DEMO_USERS.filter(({ roles }) => roles.includes('customer'))
    .map(({ id }) => id)
    .join(', ');
}
