// Import directions: docs/architecture.md says why. Each room names what it may import.
const library = '^libs/session-tracking/src';

/** A rule that a room imports nothing of the library but itself and the rooms named. */
const room = (name, ...mayImport) => ({
  name: `${name.replaceAll('/', '-')}-imports-only-its-own`,
  severity: 'error',
  from: { path: `${library}/${name}/`, pathNot: '\\.spec\\.ts$' },
  to: {
    path: `${library}/`,
    pathNot: [name, ...mayImport].map((other) =>
      other.endsWith('.ts')
        ? `${library}/${other.replace('.ts', '\\.ts')}$`
        : `${library}/${other}/`,
    ),
  },
});

const PORT = ['store/session-store.ts', 'store/listing-cursor.ts'];

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    room('errors'),
    room('model', 'errors'),
    room('options', 'model', 'errors'),
    {
      name: 'the-port-knows-no-adapter',
      severity: 'error',
      from: { path: `${library}/store/[^/]+\\.ts$` },
      to: {
        path: `${library}/`,
        pathNot: [
          `${library}/(?:model|errors)/`,
          `${library}/store/[^/]+\\.ts$`,
        ],
      },
    },
    room('store/memory', 'model', 'errors', ...PORT),
    room('store/redis', 'model', 'errors', ...PORT),
    room('tracking', 'model', 'errors', 'options', ...PORT),
    room('analytics', 'model', 'errors', ...PORT),
    room('capture', 'model', 'errors', 'options', 'tracking'),
    room(
      'admin',
      'model',
      'errors',
      'options',
      'tracking',
      'analytics',
      ...PORT,
    ),
    {
      name: 'only-the-redis-adapter-runs-ioredis',
      severity: 'error',
      from: {
        path: library,
        pathNot: [`${library}/store/redis/`, '\\.spec\\.ts$'],
      },
      to: { path: 'node_modules/ioredis', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'the-core-is-free-of-nest',
      severity: 'error',
      from: { path: `${library}/(?:model|errors|store|tracking|analytics)/` },
      to: { path: 'node_modules/@nestjs' },
    },
    {
      name: 'the-example-uses-the-package',
      severity: 'error',
      from: { path: '^src/' },
      to: {
        path: '^libs/',
        pathNot: '^libs/session-tracking/(?:src/index\\.ts|dist/)',
      },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', 'dist'] },
    tsPreCompilationDeps: 'specify',
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
      extensions: ['.ts', '.js', '.json'],
    },
  },
};
