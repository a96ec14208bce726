import type { Kysely } from 'kysely';
import type { PostHookName } from '../domain/hook-name.ts';
import type { Manifest } from '../domain/manifest.ts';
import type { TenantTarget } from '../domain/migrator-contract.ts';
import type { Announce, Announcement } from './announcement.ts';
import type { TableBlueprint } from './blueprint.ts';
import type { Tables } from './database.ts';
import type { LintRule } from './lint-rule.ts';

/**
 * What the author of a module writes. `up` and `down` get a Kysely handle bound to the module's own schema; raw SQL names
 * the schema itself. A migration must give the same statements on empty tables every time: their text is its checksum.
 */
export type Handle = Kysely<Tables>;

export type Scope = 'landlord' | 'tenant';
export type MigrationKind = Migration['kind'];
export type Migration = TransactionalMigration | ContractMigration | BatchedMigration | ConcurrentMigration;

interface Numbered {
  /** 1, 2, 3 … within its scope, without a gap. */
  readonly number: number;
  /** `create_cards`: part of the ledger's key, so never changed once a version is registered. */
  readonly name: string;
  /** What the lint would refuse and is right here, each rule with the reason why. */
  readonly accepts?: Readonly<Partial<Record<LintRule, string>>>;
}

/** Applied whole, in one transaction, together with its ledger row and usually with its neighbours. */
export interface TransactionalMigration extends Numbered {
  readonly kind: 'transactional';
  readonly up: (db: Handle) => Promise<unknown>;
  readonly down: (db: Handle) => Promise<unknown>;
}

/** Destroys or narrows (drops a column, adds NOT NULL). Runs last; once it is committed its job only goes forward. */
export interface ContractMigration extends Omit<TransactionalMigration, 'kind'> {
  readonly kind: 'contract';
}

/** What a ledger row keeps: where a batched migration goes on, or what a hook is undone by; plain JSON, such as the last key seen. */
export type Cursor = Readonly<Record<string, unknown>>;

/** For many rows: each call does a bounded batch in its own transaction and answers where to go on, or undefined at the end. */
export interface BatchedMigration extends Numbered {
  readonly kind: 'batched';
  readonly up: (db: Handle, cursor: Cursor | undefined) => Promise<Cursor | undefined>;
  /** Copes with a migration that was broken off half-way. */
  readonly down: (db: Handle) => Promise<unknown>;
}

/** Builds an index without locking its table, outside a transaction. An invalid leftover is dropped and built again. */
export interface ConcurrentMigration extends Numbered {
  readonly kind: 'concurrent';
  readonly index: ConcurrentIndex;
}

export interface ConcurrentIndex {
  readonly name: string;
  readonly table: string;
  /** What stands between the parentheses, as SQL: `lower(holder_name), issued_at DESC`. */
  readonly on: string;
  readonly unique?: boolean;
  /** `btree` unless told. */
  readonly method?: 'btree' | 'gin' | 'gist' | 'brin' | 'hash';
  /** The predicate of a partial index, as SQL. */
  readonly where?: string;
}

export interface HookContext {
  readonly tenant: Pick<TenantTarget, 'tenantId' | 'slug'>;
  /** The version whose hook this is: the one that is coming, and of an uninstall the one that is leaving. */
  readonly version: string;
  /** The version that stood when the job began; null for none. */
  readonly from: string | null;
  /** `{jobId}:{module}:{hook}`, the same however often the hook runs for a job: give it to whatever outside is called. */
  readonly idempotencyKey: string;
  /** Aborted when the hook's time is up. */
  readonly signal: AbortSignal;
  /**
   * A transaction in the tenant's database that only the present attempt of the job can commit. After an uninstall the
   * module's tables are out of reach.
   */
  readonly change: <T>(work: (db: Handle) => Promise<T>) => Promise<T>;
  /**
   * What the tenant has configured of the module, defaults filled in, nothing that is write-only: of an install what came with
   * it; else what stood before, in the shape of the version that stood, since what an upgrade brings counts from its end on.
   */
  readonly configuration: () => Promise<Readonly<Record<string, unknown>>>;
}

/** What only a post hook is given: nothing is left to do after it but, perhaps, what cannot be undone. */
export interface PostHookContext extends HookContext {
  /**
   * Tells an event that the migrator declares under `announces` on the platform's bus; resolves once the bus has taken it. Told
   * again by a repetition of the hook, it is the same event. What was told cannot be taken back: whether the job came to its end,
   * the registry's events say.
   */
  readonly announce: Announce;
}

export interface Hook<Context extends HookContext = HookContext> {
  /** Default 30, at most 60. */
  readonly timeoutSeconds?: number;
  readonly run: (context: Context) => Promise<unknown>;
}
export type PostHook = Hook<PostHookContext>;

/**
 * A pre hook that changes rows of a module that stands, and can say how they were: a rollback leaves the tenant as it was before.
 * The two have a transaction each, which is the ledger's too.
 */
export interface ReversibleHook {
  /** Default 30, at most 60. */
  readonly timeoutSeconds?: number;
  /** Runs once in a job; answers what `undo` has to know, such as ids, at most 32 KB of JSON. It stays in the tenant's database. */
  readonly change: (db: Handle, about: Pick<HookContext, 'tenant' | 'version' | 'from'>) => Promise<Cursor>;
  /** Only after `change`, with what that answered, in tables as they were then. */
  readonly undo: (db: Handle, done: Cursor) => Promise<unknown>;
}

export type Hooks = Partial<
  Readonly<Record<'preInstall', Hook> & Record<'preUpgrade' | 'preUninstall', Hook | ReversibleHook> & Record<PostHookName, PostHook>>
>;

export interface MigratorDeclaration {
  readonly manifest: Manifest;
  /** Additive and forward only: shared by all tenants, undone by nobody's job. */
  readonly landlord: readonly Migration[];
  readonly tenant: readonly Migration[];
  /** What a fresh install begins with. Runs in one transaction, once per version. */
  readonly seed?: (db: Handle, version: string) => Promise<unknown>;
  readonly hooks?: Hooks;
  /** The events that its post hooks may tell. */
  readonly announces?: readonly Announcement[];
  /** By version: tables as they are once it is installed, perhaps not all. `verify` compares a tenant’s database with them. */
  readonly blueprint?: Readonly<Record<string, readonly TableBlueprint[]>>;
}
