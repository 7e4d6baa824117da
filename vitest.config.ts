import { defineConfig } from 'vitest/config';
import LongestFirst from './tests/run/longest-first.ts';

/** Without isolation a worker loads each module once; what a test replaces is put back after it. */
const common = {
  isolate: false,
  restoreMocks: true,
  unstubGlobals: true,
  unstubEnvs: true,
  testTimeout: 60_000,
  hookTimeout: 120_000,
};
const ignored = ['**/node_modules/**', '**/.local/**', 'dashboard/build/**'];
const smoke = 'tests/faults/smoke.test.ts';
/** Those that start processes, on servers that are started once for a run. */
const withServers = {
  ...common,
  globalSetup: 'tests/support/system/servers.ts',
  // Files of one worker share a running system, which is five processes: more of them at once only wait.
  maxWorkers: 2,
};

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          ...common,
          name: 'unit',
          include: ['{contracts,services,gateway,dashboard,deploy,tests}/**/*.test.ts'],
          exclude: [...ignored, '**/*.integration.test.ts', 'tests/{e2e,browser,faults,security}/**'],
        },
      },
      {
        test: {
          ...withServers,
          name: 'system',
          include: ['**/*.integration.test.ts', 'tests/{e2e,browser,security}/**/*.test.ts', smoke],
          exclude: ignored,
        },
      },
      {
        test: {
          ...withServers,
          name: 'faults',
          include: ['tests/faults/**/*.test.ts'],
          exclude: [...ignored, smoke],
        },
      },
    ],
  },
});
