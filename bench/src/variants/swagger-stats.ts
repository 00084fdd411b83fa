import swaggerStats from 'swagger-stats';
import type { SetUp } from './variant.js';

// Its Fastify plugin is written for Fastify 4 and older.
export const setUp: SetUp = () => ({
  configure: (app) => void app.use(swaggerStats.getMiddleware({})),
});
