/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'domain-is-pure',
      comment: 'a domain knows its own words and the shared ones; zod and semver are its only libraries',
      severity: 'error',
      from: { path: '^contexts/([^/]+)/domain' },
      to: { pathNot: ['^contexts/$1/domain', '^contexts/shared/domain', '^node_modules/(zod|semver|@types/semver)/'] },
    },
    {
      name: 'application-uses-ports',
      severity: 'error',
      from: { path: '^contexts/[^/]+/application' },
      to: { path: ['^contexts/[^/]+/adapters', '^functions', '^infra', '^node_modules/@aws-sdk', '^node_modules/@middy'] },
    },
    {
      name: 'contexts-do-not-reach-into-each-other',
      severity: 'error',
      from: { path: '^contexts/([^/]+)/' },
      to: { path: '^contexts/([^/]+)/', pathNot: ['^contexts/($1|shared)/', '^contexts/[^/]+/index\\.ts$'] },
    },
    {
      name: 'runtime-does-not-import-infra',
      severity: 'error',
      from: { path: '^(functions|contexts)' },
      to: { path: '^infra|aws-cdk-lib|^node_modules/constructs' },
    },
    {
      name: 'nothing-imports-the-embedded-cloud',
      comment: 'product code uses the ordinary SDK clients and knows of no emulator',
      severity: 'error',
      from: { path: '^(functions|contexts|infra|cli)' },
      to: { path: '^local/' },
    },
    {
      name: 'no-dev-deps-in-runtime',
      severity: 'error',
      from: { path: '^(functions|contexts)' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: '^node_modules/@types/' },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
