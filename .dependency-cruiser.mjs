/**
 * Which way imports may go, as `npm run check` holds it. Between rooms (folders) and between files there is no circle; what follows are
 * the arrows that the architecture forbids although they would be no circle.
 */
const parts = 'services/(users|orders|bridge)|gateway|dashboard';

export default {
  forbidden: [
    {
      name: 'no-circle-of-files',
      comment: 'Files that import each other can be read, tested and moved only together.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-circle-of-rooms',
      comment: 'A room stands on the rooms below it and knows nothing of those above.',
      severity: 'error',
      scope: 'folder',
      from: {},
      to: { circular: true },
    },
    {
      name: 'parts-meet-in-contracts',
      comment: 'Users, orders, bridge, gateway and dashboard agree by contracts; none imports another.',
      severity: 'error',
      from: { path: `^(${parts})/` },
      to: { path: `^(${parts})/`, pathNot: '^$1/' },
    },
    {
      name: 'contracts-know-nobody',
      comment: 'Contracts are schemas and types: no input or output, and nothing of the parts that use them.',
      severity: 'error',
      from: { path: '^contracts/' },
      to: { pathNot: '^(contracts/|node_modules/zod/)' },
    },
    {
      name: 'runtime-knows-no-domain',
      comment: 'The runtime is plumbing for every process; orders and users are no concern of it.',
      severity: 'error',
      from: { path: '^services/runtime/' },
      to: { path: `^(${parts}|deploy)/` },
    },
    {
      name: 'no-test-code-in-production',
      comment: 'What only tests use lies in tests/, a folder named testing or the gallery, and never reaches an image.',
      severity: 'error',
      from: { pathNot: '^(tests|bench)/|/testing/|/routes/gallery/' },
      to: { path: '^tests/|/testing/|/routes/gallery/' },
    },
    {
      name: 'live-client-without-framework',
      comment:
        'The live client runs in a browser, in the laboratory and in what integrators write: it needs no framework.',
      severity: 'error',
      from: { path: '^dashboard/src/lib/(live|transport)/' },
      to: { pathNot: '^(dashboard/src/lib/(live|transport)|contracts)/|^node_modules/(zod|eventsource-parser)/' },
    },
    {
      name: 'kafkajs-in-one-file',
      comment:
        'The file that imports kafkajs also patches it and registers its codec, so nobody gets it without these.',
      severity: 'error',
      from: { pathNot: '^services/runtime/src/kafka/kafkajs[.]ts$' },
      to: { path: '^node_modules/kafkajs/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'migrations-are-frozen',
      comment: 'A migration that imports living code changes its meaning when that code does. A type cannot do that.',
      severity: 'error',
      from: { path: '^services/[^/]+/src/migrations/' },
      to: { dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // A test may import whatever it tests with.
    exclude: { path: '[.]test[.]ts$' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
