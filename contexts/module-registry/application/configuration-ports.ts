import type { IdempotencyRecord } from '../../shared/application/idempotency.ts';
import type { Configuration } from '../domain/configuration.ts';
import type { TenantModule } from '../domain/tenant-module.ts';
import type { PageOf, Paging } from './ports.ts';

/** A change of the configuration of a module that stands, which no job makes. */
export interface ConfigurationChange {
  /** As it was read, and must still be: Active, at the same version and in the same state of its configuration. */
  readonly before: TenantModule;
  readonly after: TenantModule;
  /** How many changes of it there were, counted before it was read. */
  readonly changes: number;
  /** The names of the fields that are changed. */
  readonly fields: readonly string[];
  readonly actor: string;
  readonly at: Date;
  readonly idempotency?: IdempotencyRecord;
}

/** One entry of the history: names, never values. */
export interface ConfigurationEntry {
  readonly at: Date;
  readonly actor: string;
  readonly fields: readonly string[];
  /** The job that brought it, if one did; whether it came to be, the job says. */
  readonly jobId?: string;
}

/** The configurations of tenants' modules. */
export interface ConfigurationStore {
  /** How many changes there were, so far, that no job made. */
  readonly changes: (tenantId: string, module: string) => Promise<number>;
  /**
   * Stores the change with its event and its entry in the history, and raises the tenant's revision: who plans a change of its modules
   * looks again. Rejects with `Contended` when someone wrote first, or the tenant is not active.
   */
  readonly save: (change: ConfigurationChange) => Promise<void>;
  /** Newest first. */
  readonly history: (tenantId: string, module: string, paging: Paging) => Promise<PageOf<ConfigurationEntry>>;
}

export interface OfTenantModule {
  readonly tenantId: string;
  readonly module: string;
}

/**
 * Write-only values of tenants' modules, apart from everything else. Each may reject with `Unavailable`. Nothing is changed in
 * place: who writes gets a new ref, which means nothing before a tenant module points to it.
 */
export interface ConfigurationSecrets {
  /** Keeps the values; answers their ref. */
  readonly write: (of: OfTenantModule, values: Configuration) => Promise<string>;
  /** Undefined when they are gone: whoever points to them points elsewhere by now, or the values are lost. */
  readonly read: (of: OfTenantModule, ref: string) => Promise<Configuration | undefined>;
  /** Safe to repeat. */
  readonly remove: (of: OfTenantModule, ref: string) => Promise<void>;
  /** All refs of the module, those left by mishaps too. */
  readonly refs: (of: OfTenantModule) => Promise<readonly string[]>;
  /** All of one module, or of the tenant, what was left by mishaps too. Safe to repeat. */
  readonly removeAll: (tenantId: string, module?: string) => Promise<void>;
}

/** Told of values that nobody points to and that could not be removed now; the purge of module or tenant removes them. */
export type OnSecretLeft = (tenantId: string, error: unknown) => void;
