import type { IdempotencyKey, TenantRef } from '../../shared/application/route.ts';
import type { AuditEvent } from '../../shared/domain/audit-event.ts';
import type { ReportFormat } from '../domain/compliance-report.ts';
import type { Standing, Tally, TallyName } from '../domain/tally.ts';

export type ModuleOfTenant = Pick<Standing, 'tenantId' | 'module'>;

/** What was counted of a batch before: events by id, and how each tenant module was seen last. */
export interface Known {
  readonly events: ReadonlySet<string>;
  readonly standings: readonly Standing[];
}

export interface StandingChange {
  readonly before?: Standing;
  /** Absent: the tenant does not have the module any more. */
  readonly after?: Standing;
}

/** Stored whole or not at all. */
export interface Counting {
  /** Ids of the events that are counted with it. */
  readonly events: readonly string[];
  readonly standings: readonly StandingChange[];
  readonly tallies: readonly Tally[];
  readonly at: Date;
}

/** Where the counting is kept. At most 100 events and tenant modules at once. */
export interface Counter {
  readonly known: (batch: { readonly events: readonly string[]; readonly modules: readonly ModuleOfTenant[] }) => Promise<Known>;
  /** Rejects with `Contended` when an event was counted, or a tenant module seen otherwise, since it was asked. */
  readonly count: (counting: Counting) => Promise<void>;
}

/** Days, inclusive: `2026-01-01` to `2026-01-31`. */
export interface Period {
  readonly from: string;
  readonly to: string;
}

export interface Paging {
  readonly limit: number;
  readonly cursor?: string;
}
export interface PageOf<T> {
  readonly items: readonly T[];
  readonly cursor?: string;
}

/** A tally as it stands. */
export type Counted<Of extends TallyName['of']> = Extract<TallyName, { readonly of: Of }> & { readonly count: number };

/** What was counted. */
export interface Counts {
  readonly days: (period: Period) => Promise<readonly Counted<'day'>[]>;
  readonly reasons: (period: Period) => Promise<readonly Counted<'reason'>[]>;
  readonly fleet: () => Promise<readonly Counted<'fleet'>[]>;
  /** The tenants that have a module, in no particular order. A filter may make a page shorter than asked while more follow. */
  readonly standings: (module: string, only: Partial<Pick<Standing, 'version' | 'status'>>, paging: Paging) => Promise<PageOf<Standing>>;
}

/** An event's place in its trail. */
export type Position = Pick<AuditEvent, 'at' | 'id'>;

/**
 * At most `limit` events of the period, which begins at `from` and ends before `to`; those after `position` in its order. Fewer
 * than `limit` are the last. At most 99.
 */
type ReadTrail = (
  of: { readonly tenantId: string } | 'platform',
  period: { readonly from: Date; readonly to: Date; readonly position?: Position },
  limit: number,
) => Promise<readonly AuditEvent[]>;

/** Trails of audit events: of one tenant, or of what belongs to none. */
export interface Trail {
  /** Newest first. */
  readonly before: ReadTrail;
  /** Oldest first. */
  readonly after: ReadTrail;
}

/** A report that was written down. */
export interface WrittenReport {
  /** Of the file. */
  readonly key: string;
  readonly bytes: number;
  readonly events: number;
  /** Whether no event is missing between others. */
  readonly whole: boolean;
  readonly writtenAt: Date;
  /** From then on the file may be gone. */
  readonly goneAt: Date;
}

/** What was written, by job; it is stored together with the job's end. */
export interface Reports {
  readonly read: (jobId: string) => Promise<WrittenReport | undefined>;
}

/** Where reports lie. Rejects with `Unavailable` while it is away, and with `Defect` where there is no such place. */
export interface ReportFiles {
  /** The file is there when all of it is, and not before; answers its bytes. Rejects as the content does. */
  readonly store: (key: string, content: AsyncIterable<string>, contentType: string) => Promise<number>;
  /** An address that opens the file to whoever has it, for so long. */
  readonly link: (key: string, how: { readonly seconds: number; readonly fileName: string }) => Promise<string>;
}

export interface ReportAsked {
  readonly from: string;
  readonly to: string;
  readonly format: ReportFormat;
}

/** The job that writes a report, as this context needs to know of it. */
export interface ReportJob extends ReportAsked {
  readonly jobId: string;
  readonly tenantId: string;
  readonly tenantSlug: string;
  readonly state: string;
  readonly reason?: string;
  readonly error?: { readonly name: string; readonly message: string };
  readonly requestedBy: string;
  readonly createdAt: Date;
}

/** Jobs that write reports, which another context keeps. */
export interface ReportJobs {
  /** Those of the tenant's newest jobs that are being written. */
  readonly open: (tenantId: string) => Promise<readonly ReportJob[]>;
  /** Stores the job, then starts its execution. Rejects with `Contended` when the key was taken meanwhile. */
  readonly request: (
    tenant: TenantRef,
    report: ReportAsked,
    by: { readonly actor: string; readonly idempotency?: IdempotencyKey },
  ) => Promise<{ readonly jobId: string }>;
  readonly read: (jobId: string) => Promise<ReportJob | undefined>;
}

/** Events of access denied, each the only one of its aggregate, in the platform's trail. One that is there already stays as it is. */
export interface Denials {
  readonly keep: (event: AuditEvent) => Promise<void>;
}

/** What a tenant's modules store, in bytes, their archives included, as it was measured last. */
export interface TenantStorage {
  readonly tenantId: string;
  readonly measuredAt: Date;
  readonly byModule: Readonly<Record<string, number>>;
}

export interface ModuleBytes {
  readonly module: string;
  readonly bytes: number;
}

/** Where storage is counted. */
export interface StorageCounter {
  readonly storageOf: (tenantId: string) => Promise<TenantStorage | undefined>;
  /** Stored whole or not at all; rejects with `Contended` when the tenant's storage is not `before` any more. */
  readonly countStorage: (change: {
    readonly before?: TenantStorage;
    readonly after?: TenantStorage;
    readonly moves: readonly { readonly module: string; readonly by: number }[];
  }) => Promise<void>;
  /** Of all tenants together. */
  readonly bytesByModule: () => Promise<readonly ModuleBytes[]>;
}
