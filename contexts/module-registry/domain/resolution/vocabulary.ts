import type { Refusal } from '../../../shared/domain/errors.ts';
import type { VersionStatus } from '../module-version.ts';

/** The words of resolution; docs/resolution.md defines them. */

export interface Dependency {
  readonly module: string;
  readonly range: string;
  readonly optional: boolean;
}

/** A version as resolution looks at it; a `ModuleVersion` is one. */
export interface Offer {
  readonly module: string;
  readonly version: string;
  readonly status: VersionStatus;
  readonly sunsetAt?: Date;
  readonly dependencies: readonly Dependency[];
}

/** A module that the tenant has, in the version that works for it. */
export interface Standing {
  readonly module: string;
  readonly version: string;
}

/** All that resolution looks at: the catalog by module, what stands, and the time by which sunsets are judged. */
export interface Universe {
  readonly offers: ReadonlyMap<string, readonly Offer[]>;
  readonly standing: readonly Standing[];
  readonly at: Date;
}

export type ChangeKind = 'install' | 'upgrade' | 'downgrade' | 'uninstall';

/** A module that the request names. `range` is an exact version or a range; absent: the newest that can be had. */
export interface Wish {
  readonly module: string;
  readonly range?: string;
}

export interface ChangeRequest {
  readonly kind: ChangeKind;
  readonly modules: readonly Wish[];
}

/** `from` null: it is not there yet; `to` null: it is removed. */
export interface PlanStep {
  readonly module: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly why: string;
}

export interface Warning {
  readonly module: string;
  readonly version: string;
  readonly reason: 'deprecated';
  readonly sunsetAt?: Date;
  readonly message: string;
}

/** Steps in the order in which they are taken: dependencies before dependents, the other way round when they are removed. */
export interface Plan {
  readonly steps: readonly PlanStep[];
  readonly warnings: readonly Warning[];
}

/** Why a version may not be installed anew. */
export type Unavailability = 'not-published' | 'withdrawn' | 'past-sunset';

export type ResolutionReason =
  | Unavailability
  | 'unknown-module'
  | 'unknown-version'
  | 'already-installed'
  | 'not-installed'
  | 'no-upgrade-path'
  | 'missing-dependency'
  | 'dependency-conflict'
  | 'dependency-cycle'
  | 'dependents-in-the-way'
  | 'too-complex';

/** One fact of the chain that proves a refusal. */
export interface Link {
  readonly fact: string;
  readonly module: string;
  /** The versions of `module` that it is true of, newest first. */
  readonly versions: readonly string[];
  /** What they need, where the fact is about a need. */
  readonly needs?: Dependency;
  /** The fact as a clause: `finance 1.0.0 needs digital_card ^1.0`. */
  readonly says: string;
}

/** Why there is no plan. Each link of the chain is needed: without any one of them there would be a plan. */
export interface Explanation extends Refusal<ResolutionReason> {
  readonly facts: Readonly<Record<string, unknown>> & { readonly chain: readonly Link[] };
}
