import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { tsconfigPaths: true },
  test: {
    include: ['libs/**/*.spec.ts', 'src/**/*.spec.ts', 'test/**/*.e2e-spec.ts'],
    reporters: ['default', './scripts/totals-reporter.mjs'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});
