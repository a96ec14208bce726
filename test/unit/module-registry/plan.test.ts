import { describe, expect, test } from '@jest/globals';
import { publish, refusalToInstall, registerVersions } from '../../../contexts/module-registry/domain/module-version.ts';
import { planChange } from '../../../contexts/module-registry/domain/plan.ts';
import type { TenantModule } from '../../../contexts/module-registry/domain/tenant-module.ts';
import { Manifest } from '../../../contexts/shared/domain/manifest.ts';
import { aModule } from '../../support/memory-registry.ts';
import { at, type Entry, facts, has } from './plan-facts.ts';

const finance = aModule('finance');
const needing = (range: string, optional = false) => aModule('finance', { dependencies: [{ module: 'membership', range, optional }] });
const install = (catalog: readonly Entry[], tenantModules: readonly TenantModule[] = [], range?: string) =>
  planChange(
    { kind: 'install', modules: [{ module: 'finance', ...(range === undefined ? {} : { range }) }] },
    facts(catalog, tenantModules),
  );

describe('Planning an install', () => {
  test('takes the newest published version when none is named, and says so', () => {
    const published = ['1.0.0', '1.2.0', '1.10.0'].map((version) => aModule('finance', { version }));
    const draft = aModule('finance', { version: '2.0.0', status: 'draft' });
    expect(install([...published, draft])).toEqual({
      steps: [
        {
          module: 'finance',
          from: null,
          to: '1.10.0',
          why: 'requested; the newest published version',
          change: 'install',
          migratorArn: 'arn:finance:live',
        },
      ],
      warnings: [],
    });
  });

  const others = ['1.0.0', '2.0.0'].map((version) => aModule('membership', { version }));
  const leaning = aModule('calendar', { dependencies: [{ module: 'membership', range: '^1.0', optional: false }] });

  test.each<{ reason: string; catalog: readonly Entry[]; has?: readonly TenantModule[]; range?: string }>([
    { reason: 'unknown-module', catalog: [] },
    { reason: 'unknown-version', catalog: [finance], range: '3.0.0' },
    { reason: 'not-published', catalog: [aModule('finance', { status: 'draft' })] },
    { reason: 'not-published', catalog: [aModule('finance', { status: 'draft' })], range: '1.0.0' },
    { reason: 'withdrawn', catalog: [aModule('finance', { status: 'withdrawn' })], range: '1.0.0' },
    { reason: 'past-sunset', catalog: [aModule('finance', { status: 'deprecated', sunsetAt: new Date(0) })], range: '1.0.0' },
    { reason: 'already-installed', catalog: [finance], has: [has('finance', { installedBy: 'J1' })] },
    { reason: 'archived', catalog: [finance], has: [has('finance', { status: 'Archived' })] },
    { reason: 'job-in-the-way', catalog: [finance], has: [has('finance', { status: 'Changing', jobId: 'J2' })] },
    { reason: 'needs-intervention', catalog: [finance], has: [has('finance', { status: 'ManualIntervention', jobId: 'J3' })] },
    { reason: 'missing-dependency', catalog: [needing('^1.0')] },
    { reason: 'dependency-conflict', catalog: [needing('^2.0'), ...others, leaning], has: [has('membership'), has('calendar')] },
  ])('is refused with $reason', ({ reason, catalog, has: tenantModules, range }) => {
    expect(install(catalog, tenantModules, range)).toMatchObject({ reason });
  });

  test.each<readonly [string, readonly Entry[], readonly TenantModule[]]>([
    ['a dependency that is installed in a fitting version', [needing('^1.0'), aModule('membership')], [has('membership')]],
    ['an optional dependency that is missing', [needing('^1.0', true)], []],
    ['a deprecated version before its sunset', [aModule('finance', { status: 'deprecated', sunsetAt: new Date('2027-01-01') })], []],
  ])('accepts %s', (_, catalog, tenantModules) => {
    expect(install(catalog, tenantModules, '1.0.0')).toMatchObject({ steps: [{ module: 'finance', to: '1.0.0' }] });
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
