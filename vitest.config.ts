import { defineConfig } from 'vitest/config';

// Set by .ci/run, which reads the counts there.
const report = process.env['KMS_BASELINE_TEST_REPORT'];

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // The calendar of the machine must not matter: these tests run far from UTC unless told where.
    env: { TZ: process.env['TZ'] ?? 'America/Los_Angeles' },
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
    testTimeout: 30_000,
  },
});
