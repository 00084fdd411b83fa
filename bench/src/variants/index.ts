import { type Platform, PLATFORMS } from '../app/platform.js';
import type { Variant } from './variant.js';

const variants = [
  {
    name: 'plain',
    title: 'plain app',
    role: 'reference',
    platforms: PLATFORMS,
    load: async () => (await import('./plain.js')).setUp,
  },
  {
    name: 'empty-interceptor',
    title: 'an empty global interceptor',
    role: 'reference',
    platforms: PLATFORMS,
    load: async () => (await import('./empty-interceptor.js')).setUp,
  },
  {
    name: 'read-address',
    title: '`req.ip` read for each request, and nothing else',
    role: 'reference',
    // On Express before Node 24 any listener more or less moves the figures by more than that.
    platforms: ['fastify'],
    load: async () => (await import('./read-address.js')).setUp,
  },
  {
    name: 'awaited-commands',
    title: 'each Redis command awaited in an interceptor',
    role: 'reference',
    platforms: PLATFORMS,
    load: async () => (await import('./awaited-commands.js')).setUp,
  },
  {
    name: 'tracking-nothing',
    title: 'nestjs-session-tracking that excludes every path',
    role: 'reference',
    platforms: PLATFORMS,
    load: async () => (await import('./session-tracking.js')).setUpExcluding,
  },
  {
    name: 'tracking-bare',
    title: 'nestjs-session-tracking, `interceptor: false`',
    role: 'ours',
    platforms: PLATFORMS,
    load: async () => (await import('./session-tracking.js')).setUpBare,
  },
  {
    name: 'tracking',
    title: 'nestjs-session-tracking',
    role: 'ours',
    platforms: PLATFORMS,
    load: async () => (await import('./session-tracking.js')).setUp,
  },
  {
    name: 'express-session',
    title: 'express-session + connect-redis',
    role: 'peer',
    platforms: ['express'],
    load: async () => (await import('./express-session.js')).setUp,
  },
  {
    name: 'swagger-stats',
    title: 'swagger-stats',
    role: 'peer',
    platforms: ['express'],
    load: async () => (await import('./swagger-stats.js')).setUp,
  },
  {
    name: 'apitally',
    title: 'apitally',
    role: 'peer',
    platforms: PLATFORMS,
    load: async () => (await import('./apitally.js')).setUp,
  },
  {
    name: 'nestjs-pino',
    title: 'nestjs-pino to the null device',
    role: 'peer',
    platforms: PLATFORMS,
    load: async () => (await import('./nestjs-pino.js')).setUp,
  },
  {
    name: 'opentelemetry',
    title: 'OpenTelemetry http, no-op exporter',
    role: 'peer',
    platforms: PLATFORMS,
    load: async () => (await import('./opentelemetry.js')).setUp,
  },
] as const satisfies readonly Variant[];

export type VariantName = (typeof variants)[number]['name'];

export const VARIANTS: readonly (Variant & { name: VariantName })[] = variants;

export function findVariant(name: VariantName): Variant {
  const variant = VARIANTS.find((candidate) => candidate.name === name);
  if (variant === undefined) {
    throw new Error(`There is no variant ${name}.`);
  }
  return variant;
}

export function variantsOn(platform: Platform): typeof VARIANTS {
  return VARIANTS.filter(({ platforms }) => platforms.includes(platform));
}
