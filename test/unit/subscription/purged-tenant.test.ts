import { expect, test } from '@jest/globals';
import { newTenant } from '../../../contexts/tenancy/domain/tenant.ts';
import { tenantWorks } from '../../../functions/compose/tenant-works.ts';
import { makeMemoryCluster } from '../../support/memory-cluster.ts';
import { makeMemoryEntitlements } from '../../support/memory-entitlements.ts';
import { makeMemoryRegistry, tenantId } from '../../support/memory-registry.ts';
import { makeMemoryTenants } from '../../support/memory-tenants.ts';
import { aChange, askFor, jobId } from '../../support/module-job.ts';

const at = new Date('2026-01-01T00:00:00.000Z');

test('A tenant that is purged uses nothing of its subscription any more, and nothing of its modules’ configurations is kept', async () => {
  // given
  const [cluster, tenants, entitlements] = [makeMemoryCluster(), makeMemoryTenants(), makeMemoryEntitlements()];
  tenants.add({
    ...newTenant({ id: tenantId, slug: 'acme', name: 'Acme', plan: 'free', clusterArn: 'arn', createdAt: at }),
    status: 'purging',
  });
  entitlements.use('capture', { tenantId, module: 'finance', jobId: 'J1', at });
  const memory = makeMemoryRegistry();
  await memory.secrets.write({ tenantId, module: 'finance' }, { key: 'hush-hush' });
  await askFor(memory, { at, changes: [aChange('install')], configurations: { finance: { currency: 'CHF' } } });
  const works = tenantWorks({
    ...{ administration: cluster.administration, secrets: cluster.secrets, tenants, entitlements },
    tenantModules: memory.tenantModules,
    jobs: memory.jobs,
    configurationSecrets: memory.secrets,
    newPassword: () => 'password',
    newSalt: () => new Uint8Array(16),
    clock: { now: () => at },
    archiveDays: 30,
  });
  // when
  await works['purge-tenant'].make({ tenantId, tenantSlug: 'acme' } as Parameters<(typeof works)['purge-tenant']['make']>[0], 5);
  // then
  expect([(await entitlements.read(tenantId)).uses, memory.secrets.kept.size, memory.state.modules.size]).toEqual([[], 0, 0]);
  expect(await memory.jobs.configuration(jobId)).toEqual({});
});
