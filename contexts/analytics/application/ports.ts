import type { AuditEvent } from '../../shared/domain/audit-event.ts';
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

/** Trails of audit events, newest first: of one tenant, or of what belongs to none. */
export interface Trail {
  /** At most `limit` events of the period, which begins at `from` and ends before `to`; those after `position` in this order. At most 99. */
  readonly before: (
    of: { readonly tenantId: string } | 'platform',
    period: { readonly from: Date; readonly to: Date; readonly position?: Position },
    limit: number,
  ) => Promise<readonly AuditEvent[]>;
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
