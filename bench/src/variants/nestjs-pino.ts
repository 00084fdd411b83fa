import { devNull } from 'node:os';
import { LoggerModule } from 'nestjs-pino';
import { pino } from 'pino';
import type { SetUp } from './variant.js';

export const setUp: SetUp = () => ({
  imports: [
    LoggerModule.forRoot({
      pinoHttp: { stream: pino.destination({ dest: devNull, sync: false }) },
    }),
  ],
});
