import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Processes, not threads: a native fault then ends one file and not the run.
    pool: 'forks',
    maxWorkers: 2,
    // OpenMP's threads otherwise spin while they wait: twenty times slower where others use the machine too.
    env: { OMP_WAIT_POLICY: 'PASSIVE' },
    testTimeout: 120_000, // on a machine that has much else to do
    hookTimeout: 60_000,
  },
});
