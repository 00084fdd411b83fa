// A process of its own: an app with the admin API, measured from within while it answers.
import type { AddressInfo } from 'node:net';
import type { CanActivate } from '@nestjs/common';
import { SessionTrackingModule } from 'nestjs-session-tracking';
import { argumentOfChild, serveParent } from '../processes/child.js';
import { TRACKING_PREFIX } from '../tracking-prefix.js';
import { createApp } from './create-app.js';
import { LoopWatch } from './loop-watch.js';

export interface AdminServerArgument {
  redisUrl: string;
}

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
const loop = new LoopWatch();

const operations = {
  port: () => port,

  watchLoop: () => loop.start(),

  longestBlocks: () => loop.stop(),
};

export type AdminServerOperations = typeof operations;

serveParent(operations);
