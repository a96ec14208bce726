import type { Config } from 'jest';

const project = (name: string, more: object = {}): NonNullable<Config['projects']>[number] => ({
  displayName: name,
  testEnvironment: 'node',
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/test/support/strip-types.mjs' },
  ...more,
});

const config: Config = {
  cacheDirectory: 'node_modules/.cache/jest',
  projects: [project('unit'), project('contracts'), project('statemachines'), project('infra'), project('isolation'), project('journeys')],
  testTimeout: 60_000,
  reporters: ['default', '<rootDir>/test/support/json-reporter.mjs'],
};
export default config;
