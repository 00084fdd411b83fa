// A process of its own: the app of one variant, measured from within on request.
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { argumentOfChild, serveParent } from '../processes/child.js';
import { findVariant, type VariantName } from '../variants/index.js';
import { createApp } from './create-app.js';
import type { Platform } from './platform.js';

export interface ServerArgument {
  variant: VariantName;
  platform: Platform;
  redisUrl: string;
  /** Where packages that report to their maker's service report to instead. */
  sinkUrl: string;
}

const { variant, platform, ...environment } =
  argumentOfChild() as ServerArgument;
const setUp = await findVariant(variant).load();
const setup = await setUp(environment);
const app = await createApp(platform, setup);
const { port } = app.getHttpServer().address() as AddressInfo;
const loopDelay = monitorEventLoopDelay({ resolution: 1 });

const operations = {
  port: () => port,

  /** CPU time of all threads of this process since it started. */
  cpuMicroseconds: () => {
    const { user, system } = process.cpuUsage();
    return user + system;
  },

  startLoopDelay: () => {
    loopDelay.reset();
    loopDelay.enable();
  },

  stopLoopDelay: () => {
    loopDelay.disable();
    return { p99Ms: loopDelay.percentile(99) / 1e6 };
  },

  memory: () => {
    // Only there with --expose-gc: what is garbage already is no sign of a leak.
    globalThis.gc?.();
    const { heapUsed, rss } = process.memoryUsage();
    return { heapUsed, rss };
  },

  /** Undefined for a variant that tracks nothing. */
  trackerStats: () => setup.readStats?.(app),
};

export type ServerOperations = typeof operations;

serveParent(operations);
