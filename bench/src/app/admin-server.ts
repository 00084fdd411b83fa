// A process of its own: an app with the admin API, measured from within while it answers.
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { CanActivate } from '@nestjs/common';
import { SessionTrackingModule } from 'nestjs-session-tracking';
import { argumentOfChild, serveParent } from '../processes/child.js';
import { TRACKING_PREFIX } from '../tracking-prefix.js';
import { createApp } from './create-app.js';

export interface AdminServerArgument {
  redisUrl: string;
}

const PROBE_MS = 1;

/** Stands for the host's own guard, which is not what is measured. */
const everyoneIsAdmin: CanActivate = {
  canActivate: (context) => {
    const request = context.switchToHttp().getRequest<{ user?: unknown }>();
    request.user = { roles: ['admin'] };
    return true;
  },
};

const { redisUrl } = argumentOfChild() as AdminServerArgument;
const app = await createApp('express', {
  imports: [
    SessionTrackingModule.forRoot({
      redis: { url: redisUrl },
      keyPrefix: TRACKING_PREFIX,
      admin: { guards: [everyoneIsAdmin] },
    }),
  ],
});
const { port } = app.getHttpServer().address() as AddressInfo;
const loopDelay = monitorEventLoopDelay({ resolution: PROBE_MS });

const operations = {
  port: () => port,

  watchLoop: () => {
    loopDelay.reset();
    loopDelay.enable();
  },

  /** The longest time since then in which the event loop came to nothing else. */
  longestBlockMs: () => {
    loopDelay.disable();
    return Math.max(0, loopDelay.max / 1e6 - PROBE_MS);
  },
};

export type AdminServerOperations = typeof operations;

serveParent(operations);
