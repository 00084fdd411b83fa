import type { NestExpressApplication } from '@nestjs/platform-express';

export function configureApp(app: NestExpressApplication): void {
  app.setGlobalPrefix('api', { exclude: ['health'] });
  // The demo traffic comes from this machine and names the address of each of its clients in
  // X-Forwarded-For, as a reverse proxy beside the app would. Only loopback is believed: anybody
  // else who sends that header would be choosing the address that he is known by.
  app.set('trust proxy', 'loopback');
  app.enableShutdownHooks();
}
