import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module.js';
import { configureApp } from './configure-app.js';
import { readSettings } from './settings.js';
import { startupFailure } from './startup-failure.js';
import { startupMessage } from './startup-message.js';

async function bootstrap(): Promise<void> {
  const settings = readSettings(process.env);
  const app = await NestFactory.create<NestExpressApplication>(
    AppModule.forRoot(settings),
    // Quiet until the shop is up, so that the message below is the first thing to read;
    // a failure to start is told once, by the catch at the end.
    { logger: ['warn', 'fatal'], abortOnError: false },
  );
  configureApp(app);
  try {
    await app.listen(settings.port);
  } catch (error) {
    await app.close();
    throw error;
  }
  app.useLogger(['log', 'warn', 'error', 'fatal']);
  console.log(startupMessage(app, settings));
}

try {
  await bootstrap();
} catch (error) {
  console.error(startupFailure(error));
  process.exitCode = 1;
}
