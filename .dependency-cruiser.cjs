// Import directions: docs/architecture.md says why. Each room names what it may import.
const library = '^libs/session-tracking/src';
const specs = '\\.spec\\.ts$';

const PORT = [
  'store/session-store.ts',
  'store/listing-cursor.ts',
  'store/stored-names.ts',
];
const ROOMS = {
  errors: [],
  model: ['errors'],
  options: ['model', 'errors'],
  'store/memory': ['model', 'errors', ...PORT],
  'store/redis': ['model', 'errors', ...PORT],
  tracking: [
    'model',
    'errors',
    'options',
    'analytics/client-export.ts',
    ...PORT,
  ],
  analytics: ['model', 'errors', ...PORT],
  capture: ['model', 'errors', 'options', 'tracking'],
  admin: ['model', 'errors', 'options', 'tracking', 'analytics', ...PORT],
};

const pathOf = (place) =>
  place.endsWith('.ts')
    ? `${library}/${place.replace('.ts', '\\.ts')}$`
    : `${library}/${place}/`;

/** A rule that a room imports nothing of the library but itself and the rooms named. */
const room = ([name, mayImport]) => ({
  name: `${name.replaceAll('/', '-')}-imports-only-its-own`,
  severity: 'error',
  from: { path: pathOf(name), pathNot: specs },
  to: {
    path: `${library}/`,
    pathNot: [name, ...mayImport].map(pathOf),
  },
});

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
    ...Object.entries(ROOMS).map(room),
    {
      name: 'the-port-knows-no-adapter',
      severity: 'error',
      from: { path: `${library}/store/[^/]+\\.ts$`, pathNot: specs },
      to: {
        path: `${library}/`,
        pathNot: [
          `${library}/(?:model|errors)/`,
          `${library}/store/[^/]+\\.ts$`,
        ],
      },
    },
    {
      name: 'every-file-has-a-room',
      severity: 'error',
      from: {
        path: `${library}/`,
        pathNot: [
          `${library}/index\\.ts$`,
          `${library}/(?:module|store)/`,
          ...Object.keys(ROOMS).map(pathOf),
          specs,
        ],
      },
      to: {},
    },
    {
      name: 'nothing-imports-the-index',
      severity: 'error',
      from: { path: `${library}/` },
      to: { path: `${library}/index\\.ts$` },
    },
    {
      name: 'the-library-stands-alone',
      severity: 'error',
      from: { path: `${library}/`, pathNot: specs },
      to: { path: ['^src/', '^test/', '^libs/session-tracking/testing/'] },
    },
    {
      name: 'only-the-redis-adapter-runs-ioredis',
      severity: 'error',
      from: { path: `${library}/`, pathNot: [pathOf('store/redis'), specs] },
      to: { path: 'node_modules/ioredis/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'only-options-and-the-redis-adapter-name-ioredis',
      comment: 'The redis option is typed with the client that it takes.',
      severity: 'error',
      from: {
        path: `${library}/`,
        pathNot: [pathOf('store/redis'), pathOf('options'), specs],
      },
      to: { path: 'node_modules/ioredis/' },
    },
    {
      name: 'only-the-edge-knows-nestjs-redis',
      severity: 'error',
      from: {
        path: `${library}/`,
        pathNot: [pathOf('store/redis'), pathOf('module'), specs],
      },
      to: { path: 'node_modules/@liaoliaots/' },
    },
    {
      name: 'the-core-is-free-of-nest',
      severity: 'error',
      from: { path: `${library}/(?:model|errors|store|tracking|analytics)/` },
      to: { path: 'node_modules/@nestjs/' },
    },
    {
      name: 'the-example-uses-the-package',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^libs/', dependencyTypesNot: ['aliased'] },
    },
    {
      name: 'the-example-uses-what-is-published',
      severity: 'error',
      from: { path: '^src/' },
      to: {
        path: '^libs/',
        pathNot: '^libs/session-tracking/(?:src/index\\.ts$|dist/index\\.)',
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
