import { describe, expect, test } from '@jest/globals';
import { publish, refusalToInstall, registerVersions } from '../../../contexts/module-registry/domain/module-version.ts';
import { type InstallFacts, resolveInstall } from '../../../contexts/module-registry/domain/plan.ts';
import type { TenantModule } from '../../../contexts/module-registry/domain/tenant-module.ts';
import { Manifest } from '../../../contexts/shared/domain/manifest.ts';
import { aModule, tenantId } from '../../support/memory-registry.ts';

const at = new Date('2026-06-01T00:00:00Z');
const finance = aModule('finance');
const needing = (range: string, optional = false) => aModule('finance', { dependencies: [{ module: 'membership', range, optional }] });
const has = (module: string, more: Partial<TenantModule> = {}): TenantModule => ({
  tenantId,
  module,
  status: 'Active',
  version: '1.0.0',
  configuration: {},
  ...more,
});
const asked = (more: Partial<InstallFacts> = {}): InstallFacts => ({
  module: 'finance',
  catalogModule: finance.module,
  versions: [finance.version],
  tenantModules: [],
  subscribed: false,
  at,
  ...more,
});

describe('Resolving an install', () => {
  test('takes the newest published version when none is named, and says so', () => {
    const versions = ['1.0.0', '1.2.0', '1.10.0'].map((version) => aModule('finance', { version }).version);
    const draft = aModule('finance', { version: '2.0.0', status: 'draft' }).version;
    expect(resolveInstall(asked({ versions: [...versions, draft] }))).toEqual({
      steps: [{ module: 'finance', from: null, to: '1.10.0', why: 'requested; the newest published version' }],
    });
  });

  test.each<readonly [string, Partial<InstallFacts>]>([
    ['unknown-module', { catalogModule: undefined }],
    ['unknown-version', { version: '3.0.0' }],
    ['not-published', { versions: [aModule('finance', { status: 'draft' }).version] }],
    ['not-published', { version: '1.0.0', versions: [aModule('finance', { status: 'draft' }).version] }],
    ['withdrawn', { version: '1.0.0', versions: [aModule('finance', { status: 'withdrawn' }).version] }],
    ['past-sunset', { version: '1.0.0', versions: [aModule('finance', { status: 'deprecated', sunsetAt: new Date(0) }).version] }],
    ['subscription-required', { catalogModule: aModule('finance', {}, { subscriptionRequired: true }).module }],
    ['already-installed', { tenantModules: [has('finance', { installedBy: 'J1' })] }],
    ['archived', { tenantModules: [has('finance', { status: 'Archived' })] }],
    ['job-in-the-way', { tenantModules: [has('finance', { status: 'Changing', jobId: 'J2' })] }],
    ['needs-intervention', { tenantModules: [has('finance', { status: 'ManualIntervention', jobId: 'J3' })] }],
    ['missing-dependency', { versions: [needing('^1.0').version] }],
    ['dependency-conflict', { versions: [needing('^2.0').version], tenantModules: [has('membership')] }],
  ])('is refused with %s', (reason, facts) => {
    expect(resolveInstall(asked(facts))).toMatchObject({ reason });
  });

  test.each([
    ['a dependency that is installed in a fitting version', needing('^1.0'), [has('membership')]],
    ['an optional dependency that is missing', needing('^1.0', true), []],
    ['a deprecated version before its sunset', aModule('finance', { status: 'deprecated', sunsetAt: new Date('2027-01-01') }), []],
  ])('accepts %s', (_, { version }, tenantModules) => {
    expect(resolveInstall(asked({ versions: [version], tenantModules, version: '1.0.0' }))).toHaveProperty('steps');
  });

  test('accepts a subscribed tenant', () => {
    const { module } = aModule('finance', {}, { subscriptionRequired: true });
    expect(resolveInstall(asked({ catalogModule: module, subscribed: true }))).toHaveProperty('steps');
  });
});

describe('A version', () => {
  const manifest = Manifest.parse({
    name: 'finance',
    title: 'Finance',
    description: 'Money',
    subscriptionRequired: true,
    serves: '>=1.0.0 <2.0.0',
    versions: [{ version: '1.0.0', migrations: { landlord: 0, tenant: 1 }, tables: { landlord: [], tenant: [] } }],
  });

  test('is published once, and never again once it is retired', () => {
    const draft = aModule('finance', { status: 'draft' }).version;
    expect(publish(draft, at)).toMatchObject({ status: 'published', publishedAt: at });
    expect(publish(finance.version, at)).toBeUndefined();
    expect(publish(aModule('finance', { status: 'withdrawn' }).version, at)).toMatchObject({ reason: 'version-retired' });
  });

  test('is registered as a draft, again without effect, and never with other content', () => {
    expect(registerVersions(manifest, [], () => 'hash', at)).toMatchObject([{ version: '1.0.0', status: 'draft', contentHash: 'hash' }]);
    expect(registerVersions(manifest, [finance.version], () => 'hash', at)).toEqual([]);
    expect(registerVersions(manifest, [finance.version], () => 'other', at)).toMatchObject({ reason: 'version-immutable' });
  });

  test('may be installed when it is published', () => {
    expect(refusalToInstall(finance.version, at)).toBeUndefined();
  });

  test.each([
    [{ name: 'pg_own' }, 'reserved'],
    [{ versions: [manifest.versions[0], manifest.versions[0]] }, 'twice'],
    [{ serves: '>=2.0.0' }, 'outside serves'],
    [{ serves: 'sometimes' }, 'range'],
  ])('of a manifest with %j is refused at the edge', (change, message) => {
    const parsed = Manifest.safeParse({ ...manifest, ...change });
    expect(JSON.stringify(parsed.error?.issues)).toContain(message);
  });
});
