import { makeTenantSteps } from '../../contexts/module-registry/application/tenant-steps.ts';
import { evolve, type Job, requestJob, type TenantJobKind, takeOver } from '../../contexts/module-registry/domain/job.ts';
import type { Write } from '../../contexts/shared/adapters/dynamo-table.ts';
import { newTenant } from '../../contexts/tenancy/domain/tenant.ts';
import { tenantWorks } from '../../functions/compose/tenant-works.ts';
import { makeStepHandler } from '../../functions/workflow/step-handler.ts';
import { type MemoryCluster, makeMemoryCluster } from '../support/memory-cluster.ts';
import { makeMemoryEntitlements } from '../support/memory-entitlements.ts';
import { makeMemoryRegistry, tenantId } from '../support/memory-registry.ts';
import { makeMemoryTenants } from '../support/memory-tenants.ts';
import type { Workflow, WorkflowEnd } from '../support/workflow.ts';

const jobId = '01JD00000000000000000000J1';
const at = new Date('2026-01-01T00:00:00.000Z');
const timing = { at, leaseSeconds: 120 };

export interface TenantStand {
  readonly cluster: MemoryCluster;
  readonly stored: () => Job;
  /** What was stored of the tenant with the last change of the job, e.g. `active`. */
  readonly tenantBecame: () => readonly string[];
  /** The reconciler starts the next attempt. */
  readonly takeOver: () => Promise<void>;
  readonly commits: () => number;
  readonly run: (attempt?: number) => Promise<WorkflowEnd>;
}

/** A job about the tenant acme as a whole, just asked for. */
export const aTenantJob = async (
  workflow: Workflow,
  kind: TenantJobKind,
  breakStep: Readonly<Record<string, Error>> = {},
): Promise<TenantStand> => {
  process.env['POWERTOOLS_LOG_LEVEL'] = 'SILENT';
  const memory = makeMemoryRegistry();
  const tenants = makeMemoryTenants(memory.trail);
  tenants.add(newTenant({ id: tenantId, slug: 'acme', name: 'Acme', plan: 'standard', clusterArn: 'arn', createdAt: at }));
  const about = { id: jobId, kind, tenantId, tenantSlug: 'acme', modules: [], requested: [], fence: 2 };
  const { job, events } = requestJob({ ...about, requestedBy: 'ada', attemptsMax: 3 }, timing);
  await memory.jobs.commit({ job, events, tenantModules: [] });
  const cluster = makeMemoryCluster();
  const clock = { now: () => at };
  const works = tenantWorks({
    administration: cluster.administration,
    secrets: cluster.secrets,
    newPassword: () => 'password',
    newSalt: () => new Uint8Array(16),
    tenants,
    tenantModules: memory.tenantModules,
    jobs: memory.jobs,
    configurationSecrets: memory.secrets,
    entitlements: makeMemoryEntitlements(memory.trail),
    clock,
    archiveDays: 30,
  });
  const steps = makeTenantSteps({ jobs: memory.jobs, works, clock, leaseSeconds: 120, onJobEnded: () => {} });
  const broken = Object.entries(breakStep).map(([step, error]) => [step, () => Promise.reject(error)] as const);
  const handler = makeStepHandler(() => ({ ...steps, ...Object.fromEntries(broken) }));
  const stored = (): Job => {
    const found = memory.state.jobs.get(jobId);
    if (!found) throw new Error('the job is stored');
    return found;
  };
  return {
    cluster,
    stored,
    tenantBecame: () => ((memory.state.commits.at(-1)?.alongside ?? []) as readonly Write[]).map(told),
    commits: () => memory.state.commits.length,
    takeOver: async () => {
      const before = stored();
      const next = takeOver(before, { fence: before.fence + 1 }, timing);
      await memory.jobs.commit({ before, job: next.reduce(evolve, before), events: next, tenantModules: [] });
    },
    run: (attempt = 1) => workflow.run({ ProvisionSteps: handler }, { jobId, attempt }),
  };
};

const told = (write: Write): string => {
  if ('Put' in write) return `${String(write.Put.Item?.['type'])} kept`;
  if ('Delete' in write) return `${String(write.Delete.Key?.['sk'])} forgotten`;
  return 'Update' in write ? String(write.Update.ExpressionAttributeValues?.[':status'] ?? 'what it was') : 'looked at';
};
