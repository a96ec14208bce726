import * as z from 'zod';
import { auditEventOf } from '../../shared/adapters/audit-item.ts';
import type { Item } from '../../shared/adapters/dynamo-table.ts';
import type { Changes, SeenModule } from '../application/count-changes.ts';
import type { SeenStorage } from '../application/count-storage.ts';
import type { EndedJob, Outcome } from '../domain/tally.ts';

/** One record of the table's stream; without an image the item was deleted. */
export interface StreamRecord {
  readonly keys: Item;
  readonly image?: Item;
}

const TenantModuleItem = z.object({
  tenantId: z.string(),
  module: z.string(),
  status: z.string(),
  version: z.string().optional(),
  archive: z.object({ version: z.string() }).optional(),
});

/** What the stream says of jobs that ended and of tenant modules; `isEnd` knows the states in which a job ends. All else is left out. */
export const changesIn = (records: readonly StreamRecord[], isEnd: (state: string) => boolean): Changes => ({
  ends: records.flatMap(({ image }) => (image?.['type'] === 'AuditEvent' ? jobEnd(image, isEnd) : [])),
  modules: records.flatMap(seenModule),
});

const TenantItem = z.object({
  id: z.string(),
  status: z.string(),
  storage: z.object({ measuredAt: z.iso.datetime(), byModule: z.record(z.string(), z.number()).optional() }).optional(),
});

/** What was measured of tenants' storage; of one that is deprovisioned nothing is left. */
export const storagesIn = (records: readonly StreamRecord[]): readonly SeenStorage[] =>
  records.flatMap(({ image }) => {
    if (image?.['type'] !== 'Tenant') return [];
    const { id: tenantId, status, storage } = TenantItem.parse(image);
    if (status === 'deprovisioned') return [{ tenantId }];
    if (storage?.byModule === undefined) return [];
    return [{ tenantId, now: { tenantId, measuredAt: new Date(storage.measuredAt), byModule: storage.byModule } }];
  });

const outcomes: Readonly<Record<string, Outcome>> = { Failed: 'failed', ManualIntervention: 'stuck', Cancelled: 'cancelled' };

/** What a job's events say of it; a job about a tenant as a whole, or a report, has no modules and is not counted. */
const JobFacts = z.object({
  kind: z.string(),
  modules: z.record(z.string(), z.object({ from: z.string().nullable(), to: z.string().nullable() })).optional(),
});

const jobEnd = (image: Item, isEnd: (state: string) => boolean): readonly EndedJob[] => {
  const { id, jobId, at, to, reason, facts } = auditEventOf(image);
  if (jobId === undefined || to === undefined || facts === undefined || !isEnd(to)) return [];
  const { kind, modules } = JobFacts.parse(facts);
  if (modules === undefined) return [];
  const changes = Object.entries(modules).map(([module, change]) => ({ module, ...change }));
  return [{ eventId: id, at: new Date(at), kind, changes, outcome: outcomes[to] ?? 'done', ...(reason === undefined ? {} : { reason }) }];
};

/** A deleted item leaves its key only: `TENANT#{id}`, `MODULE#{module}`. */
const seenModule = ({ keys, image }: StreamRecord): readonly SeenModule[] => {
  if (image?.['type'] === 'TenantModule') {
    const { tenantId, module, status, version, archive } = TenantModuleItem.parse(image);
    const stands = version ?? (status === 'Archived' ? archive?.version : undefined) ?? null;
    return [{ tenantId, module, now: { tenantId, module, status, version: stands } }];
  }
  const [, tenantId] = /^TENANT#(.+)$/.exec(String(keys['pk'])) ?? [];
  const [, module] = /^MODULE#(.+)$/.exec(String(keys['sk'])) ?? [];
  return image === undefined && tenantId !== undefined && module !== undefined ? [{ tenantId, module }] : [];
};
