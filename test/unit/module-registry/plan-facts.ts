import type { Job } from '../../../contexts/module-registry/domain/job.ts';
import type { PlanFacts } from '../../../contexts/module-registry/domain/plan.ts';
import type { TenantModule } from '../../../contexts/module-registry/domain/tenant-module.ts';
import { type aModule, tenantId } from '../../support/memory-registry.ts';

export type Entry = ReturnType<typeof aModule>;
export const at = new Date('2026-06-01T00:00:00Z');

/** The facts of a tenant with these modules, before that catalog. */
export const facts = (catalog: readonly Entry[], tenantModules: readonly TenantModule[] = [], holders: readonly Job[] = []): PlanFacts => ({
  tenantModules,
  holders,
  modules: new Map(catalog.map(({ module }) => [module.name, module])),
  versions: Map.groupBy(
    catalog.map(({ version }) => version),
    ({ module }) => module,
  ),
  at,
});

/** A module that the tenant has, at 1.0.0 unless a test says otherwise. */
export const has = (module: string, more: Partial<TenantModule> = {}): TenantModule => ({
  tenantId,
  module,
  status: 'Active',
  version: '1.0.0',
  configuration: {},
  ...more,
});
