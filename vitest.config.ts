import { defineConfig } from 'vitest/config';

const common = { restoreMocks: true, testTimeout: 30_000, hookTimeout: 120_000 };
const ignored = ['**/node_modules/**', '**/.local/**', 'dashboard/build/**'];

export default defineConfig({
  test: {
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
          ...common,
          name: 'system',
          include: ['**/*.integration.test.ts', 'tests/{e2e,browser,faults,security}/**/*.test.ts'],
          exclude: ignored,
          globalSetup: 'tests/support/system/servers.ts',
          // A part is a process of its own, and there are five of them in a test: more files at once only wait.
          maxWorkers: 2,
        },
      },
    ],
  },
});
