import { NestFactory } from '@nestjs/core';
import { SessionTracker, SessionTrackingModule } from 'nestjs-session-tracking';
import { TRACKING_PREFIX } from '../tracking-prefix.js';

class TrackerModule {}

/** The library without HTTP: it stores what it is given. */
export async function startTracker(redisUrl: string): Promise<SessionTracker> {
  const app = await NestFactory.createApplicationContext(
    {
      module: TrackerModule,
      imports: [
        SessionTrackingModule.forRoot({
          redis: { url: redisUrl },
          keyPrefix: TRACKING_PREFIX,
          admin: false,
          interceptor: false,
        }),
      ],
    },
    { logger: ['error', 'fatal'] },
  );
  return app.get(SessionTracker);
}
