import { defineConfig } from 'vitest/config';
import { SLOW } from './test/slow.js';

// Set by .ci/run, which reads the counts there.
const report = process.env['KMS_BASELINE_TEST_REPORT'];
const slow = SLOW.map((file) => `test/${file}`);

export default defineConfig({
  test: {
    // The calendar of the machine must not matter: these tests run far from UTC unless told where.
    env: { TZ: process.env['TZ'] ?? 'America/Los_Angeles' },
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
    testTimeout: 30_000,
    setupFiles: ['test/support/properties.ts'],
    maxWorkers: '100%',
    projects: [
      // What a change is tried with while it is written. The files of a worker share their modules: loading them anew for
      // each file would take as long as the tests.
      { extends: true, test: { name: 'quick', include: ['test/**/*.test.ts'], exclude: slow, isolate: false } },
      { extends: true, test: { name: 'slow', include: slow } },
    ],
  },
});
