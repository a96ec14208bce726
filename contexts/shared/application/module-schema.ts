import type { Trait } from './blueprint.ts';
import type { ConcurrentIndex, Handle, MigrationKind } from './migration.ts';

/** One row of a module's ledger, the table `_ledger` in its schema: the truth about what stands there. */
export interface LedgerEntry {
  /** `0001_create_cards`, `seed@1.0.0`, `preUninstall@{job}`, `archive@1` in an archive, or `restored@1` where one was brought back. */
  readonly entry: string;
  /** Of the migration; null for what is none. */
  readonly number: number | null;
  /** The first version of the manifest that it belongs to. */
  readonly version: string;
  readonly kind: MigrationKind | 'seed' | 'archive' | 'restore' | 'hook';
  readonly checksum: string;
  readonly job: string;
  readonly attempt: number;
  /** False while a batched migration is under way. */
  readonly applied: boolean;
  /** Where a batched migration goes on, or what a hook is undone by. */
  readonly cursor: Readonly<Record<string, unknown>> | null;
}

/**
 * A module's schema in one database. `change` is the only way to change it: a transaction that has first made sure that
 * nobody newer is at work and that no other does the same at the same time. Rejects with Refused `superseded` if someone
 * newer is, with Contended if the other does not get done in time.
 */
export interface ModuleSchema {
  readonly change: <T>(work: (change: SchemaChange) => Promise<T>) => Promise<T>;
  /** What a concurrent migration needs, outside any transaction. */
  readonly indexes: ConcurrentIndexes;
  /** What stands there. Changes nothing. */
  readonly inspect: () => Promise<Inspection>;
}

/** A tenant's: it can also be put aside, brought back and taken away. */
export interface TenantModuleSchema extends ModuleSchema {
  /** Of an archive, where one is named. */
  readonly inspect: (archive?: number) => Promise<Inspection>;
  /** Where the cluster's log and clock stand. Changes nothing. */
  readonly moment: () => Promise<{ readonly at: Date; readonly lsn?: string }>;
  /** The highest fence that the tenant's database has seen, of whatever module; 0 before the first. */
  readonly highestFence: () => Promise<number>;
  /** Like `change`, for the schema as a whole and one of its archives. */
  readonly changeArchive: <T>(archive: number, work: (change: ArchiveChange) => Promise<T>) => Promise<T>;
  /**
   * Drops an archive, and the fence unless the module or another archive of it stands; nothing to do if that was done. Rejects
   * with Refused `dependents-outside` if something outside the archive depends on it.
   */
  readonly purge: (archive: number) => Promise<void>;
  /**
   * Drops the schema and, unless it has an archive, its fence in one transaction if `job` created it; nothing to do if it did
   * not, or has done so.
   * Rejects with Defect if something outside the schema depends on it.
   */
  readonly removeIfCreatedBy: (job: string) => Promise<void>;
}

export interface SchemaChange {
  /** Bound to the module's schema and to this transaction. */
  readonly db: Handle;
  /** False before the first migration: then `create` comes first. */
  readonly exists: boolean;
  /** The ledger as it stands after the wait for others. */
  readonly entries: () => Promise<readonly LedgerEntry[]>;
  readonly create: () => Promise<void>;
  /** Adds the entry or replaces an unfinished one of the same name; false if one that was applied stands there already. */
  readonly record: (entry: LedgerEntry) => Promise<boolean>;
  readonly forget: (entry: string) => Promise<void>;
  /** Whether this job has done what cannot be undone, so that it only goes forward. */
  readonly onlyForward: boolean;
  /** From this transaction's commit on it does. */
  readonly passPointOfNoReturn: () => Promise<void>;
  /** Whether this job made the schema, so that dropping it undoes everything. */
  readonly isOwn: () => Promise<boolean>;
}

/** Under the fence: what stands of a module and of one of its archives, and the two ways between them. */
export interface ArchiveChange {
  readonly module: SchemaStand;
  readonly archive: SchemaStand;
  /** Renames the module's schema to the archive's name, out of the application's reach. */
  readonly putAside: () => Promise<void>;
  /** The reverse. */
  readonly bringBack: () => Promise<void>;
  /** Rows of the ledger that goes along: `archive@n` of this job, and nothing of it. */
  readonly markArchived: () => Promise<void>;
  readonly unmarkArchived: () => Promise<void>;
  /** `archive@n` becomes `restored@n` of this job, and again what it was. */
  readonly markRestored: () => Promise<void>;
  readonly unmarkRestored: () => Promise<void>;
}

export interface SchemaStand {
  /** The schema's name. */
  readonly name: string;
  readonly exists: boolean;
  /** The job that archived it, or brought this archive back: whose mark is in its ledger. */
  readonly markedBy?: string;
}

export interface ConcurrentIndexes {
  readonly state: (index: ConcurrentIndex) => Promise<'absent' | 'building' | 'invalid' | 'valid'>;
  /** Resolves when it is built or when the call's time is up and it is still building. */
  readonly build: (index: ConcurrentIndex) => Promise<void>;
  readonly drop: (index: ConcurrentIndex) => Promise<void>;
  /** Ends whoever is building it, or waits to. */
  readonly stop: (index: ConcurrentIndex) => Promise<void>;
  /** For a worker that came too late: takes the index away, unless `entry` stands in the ledger, so that somebody wants it. */
  readonly dropStray: (index: ConcurrentIndex, entry: string) => Promise<void>;
}

export interface Inspection {
  /** Whether there is a schema at all, be it empty. */
  readonly exists: boolean;
  readonly entries: readonly LedgerEntry[];
  /** The module's tables, without the ledger. */
  readonly tables: readonly string[];
  readonly invalidIndexes: readonly string[];
  /** Of the tables, in the words of a blueprint. */
  readonly traits: readonly Trait[];
  /** Of the schema: equal for equal structure, whatever the rows. */
  readonly fingerprint: string;
  /** By table; exact, unless `estimated`. */
  readonly rowCounts: Readonly<Record<string, number>>;
  /** The planner's numbers: counting would have taken too long. */
  readonly estimated?: true;
}
