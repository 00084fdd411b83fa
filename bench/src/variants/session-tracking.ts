import { SessionTracker, SessionTrackingModule } from 'nestjs-session-tracking';
import { TRACKING_PREFIX } from '../tracking-prefix.js';
import type { SetUp } from './variant.js';

/** Everything as it comes, but without the admin API, which is not asked here. */
export const setUp: SetUp = ({ redisUrl }) => ({
  imports: [
    SessionTrackingModule.forRoot({
      redis: { url: redisUrl },
      keyPrefix: TRACKING_PREFIX,
      admin: false,
    }),
  ],
  readStats: (app) => app.get(SessionTracker).stats(),
});

/** Recorded from the server's own events alone. */
export const setUpBare: SetUp = ({ redisUrl }) => ({
  imports: [
    SessionTrackingModule.forRoot({
      redis: { url: redisUrl },
      keyPrefix: `${TRACKING_PREFIX}-bare`,
      interceptor: false,
      admin: false,
    }),
  ],
  readStats: (app) => app.get(SessionTracker).stats(),
});

/** Imported, but with nothing to record: what else the module does to the app. */
export const setUpExcluding: SetUp = () => ({
  imports: [
    SessionTrackingModule.forRoot({
      excludePaths: ['/*'],
      interceptor: false,
      admin: false,
    }),
  ],
});
