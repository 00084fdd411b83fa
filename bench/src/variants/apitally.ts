import { randomUUID } from 'node:crypto';
import { useApitally } from 'apitally/nestjs';
import type { SetUp } from './variant.js';

export const setUp: SetUp = ({ sinkUrl }) => {
  process.env.APITALLY_HUB_BASE_URL = sinkUrl;
  return {
    configure: (app) =>
      useApitally(app, { clientId: randomUUID(), env: 'bench' }),
  };
};
