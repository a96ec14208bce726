import type { Config } from 'jest';

const project = (name: string): NonNullable<Config['projects']>[number] => ({
  displayName: name,
  testEnvironment: 'node',
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/test/support/strip-types.mjs' },
});

const config: Config = {
  cacheDirectory: 'node_modules/.cache/jest',
  projects: ['unit', 'contracts', 'statemachines', 'infra', 'isolation', 'journeys', 'faults'].map(project),
  maxWorkers: 2,
  testSequencer: '<rootDir>/test/support/longest-first.mjs',
  // each file's modules stay in its worker: beyond this a worker is replaced, before collecting garbage is all it does
  workerIdleMemoryLimit: '1GB',
  testTimeout: 120_000,
  reporters: ['default', '<rootDir>/test/support/json-reporter.mjs'],
  collectCoverageFrom: ['contexts/*/{domain,application}/**/*.ts'],
  coverageProvider: 'babel',
  coverageReporters: ['text-summary', 'json-summary'],
  coverageThreshold: { global: { lines: 90, branches: 90 } },
};
export default config;
