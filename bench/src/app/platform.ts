export const PLATFORMS = ['express', 'fastify'] as const;

export type Platform = (typeof PLATFORMS)[number];

export const PLATFORM_TITLES: Record<Platform, string> = {
  express: 'Express',
  fastify: 'Fastify',
};
