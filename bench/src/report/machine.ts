import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { resolve } from 'node:path';
import type { Cores } from '../processes/cores.js';
import { table } from './markdown.js';

const PACKAGE_ROOT = resolve(import.meta.dirname, '../..');

const MEASURED_PACKAGES = [
  'nestjs-session-tracking',
  '@nestjs/core',
  'express',
  'fastify',
  'ioredis',
  'express-session',
  'connect-redis',
  'redis',
  'swagger-stats',
  'apitally',
  'nestjs-pino',
  'pino',
  '@opentelemetry/instrumentation-http',
  '@opentelemetry/sdk-trace-node',
];

/** On what the figures were taken, as a table. */
export function describeMachine(cores: Cores): string {
  const [processor] = cpus();
  return table(
    ['machine', ''],
    ['left', 'left'],
    [
      ['date', new Date().toISOString().slice(0, 10)],
      ['processor', `${processor?.model ?? 'unknown'}, ${cpus().length} cores`],
      ['memory', `${Math.round(totalmem() / 2 ** 30)} GiB`],
      ['system', `${type()} ${release().split('.', 2).join('.')}`],
      ['load average before the run', (loadavg()[0] ?? 0).toFixed(1)],
      ['pinned to cores', cores.pinned ? 'yes' : 'no'],
      ['Node', process.versions.node],
      ['Redis', redisVersion()],
      ...MEASURED_PACKAGES.map((name) => [name, packageVersion(name)]),
    ],
  );
}

function redisVersion(): string {
  const { stdout } = spawnSync('redis-server', ['--version'], {
    encoding: 'utf8',
  });
  return /v=(\S+)/.exec(stdout ?? '')?.[1] ?? 'unknown';
}

function packageVersion(name: string): string {
  const path = resolve(PACKAGE_ROOT, 'node_modules', name, 'package.json');
  const { version } = JSON.parse(readFileSync(path, 'utf8')) as {
    version: string;
  };
  return version;
}
