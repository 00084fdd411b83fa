import type { INestApplication } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { SetUp } from './variant.js';

/** What Fastify takes to tell who is behind its proxy, for whoever wants to know. */
export const setUp: SetUp = () => ({ configure: readAddresses });

/** Kept, so that no compiler leaves the reading out. */
const latest: { address?: string | undefined } = {};

function readAddresses(app: INestApplication): void {
  const fastify = (app as NestFastifyApplication)
    .getHttpAdapter()
    .getInstance();
  fastify.addHook('onResponse', (request, _reply, done) => {
    latest.address = request.ip;
    done();
  });
}
