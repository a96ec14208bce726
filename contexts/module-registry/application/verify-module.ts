import { type IdempotencyRecord, type IdempotencyStore, keptAnswer } from '../../shared/application/idempotency.ts';
import type { IdempotencyKey } from '../../shared/application/route.ts';
import { whileContended } from '../../shared/application/while-contended.ts';
import type { Clock } from '../../shared/domain/clock.ts';
import { Refused } from '../../shared/domain/errors.ts';
import type { TenantTarget, VerifyAnswer } from '../../shared/domain/migrator-contract.ts';
import { revisionOf } from '../domain/fence.ts';
import { newestFirst } from '../domain/module-version.ts';
import type { TenantModule } from '../domain/tenant-module.ts';
import { agrees, repaired, type Stands, standsAtFirst } from '../domain/verification.ts';
import { type CatalogEntry, makeReadModule } from './catalog.ts';
import type { ConfigurationSecrets, OnSecretLeft } from './configuration-ports.ts';
import type { Catalog, TenantFacts, TenantModuleChange, TenantModules } from './ports.ts';

/** A module's own migrator, asked whether what stands is what a version declares. Changes nothing. */
export interface SchemaVerifier {
  readonly verify: (
    migratorArn: string,
    of: { readonly module: string; readonly version: string; readonly target: TenantTarget },
  ) => Promise<Omit<VerifyAnswer, 'contract'>>;
}

export interface Repair {
  readonly tenantId: string;
  readonly module: string;
  /** Absent where the registry says what stands, and only its revision lies behind. */
  readonly change?: TenantModuleChange;
  /** The version that was recorded, and the one that stands. */
  readonly recorded: string | null;
  readonly stands: string | null;
  /** The tenant's revision as it was read, and the higher one that it gets: so that no plan that saw the old state is accepted. */
  readonly revision: { readonly from: number; readonly to: number };
  readonly actor: string;
  readonly at: Date;
  readonly idempotency?: IdempotencyRecord;
  /** What another context stores with it, in the words of the store's adapter. */
  readonly alongside?: readonly unknown[];
}

/** Makes the registry say what stands, with its event, in one transaction; rejects with `Contended` when someone wrote first. */
export interface Repairs {
  readonly save: (repair: Repair) => Promise<void>;
}

export interface VerifyModulePorts {
  readonly catalog: Pick<Catalog, 'read'>;
  readonly tenantModules: Pick<TenantModules, 'read'>;
  readonly verifier: SchemaVerifier;
  readonly repairs: Repairs;
  readonly secrets: Pick<ConfigurationSecrets, 'remove'>;
  readonly onSecretLeft: OnSecretLeft;
  readonly idempotency: IdempotencyStore;
  readonly clock: Clock;
  /** What a module that is found, or forgotten, means to another context, in the words of the store's adapter. */
  readonly alongsideRepair: (of: {
    readonly tenantId: string;
    readonly module: string;
    readonly stands: boolean;
    readonly at: Date;
  }) => readonly unknown[];
}

export interface VerifyModule {
  readonly tenantId: string;
  readonly module: string;
  /** Record what stands where the registry says something else. */
  readonly repair: boolean;
  readonly actor: string;
  readonly idempotency?: IdempotencyKey;
}

export interface Verification {
  readonly module: string;
  /** What the registry said; absent where it knew nothing of it. */
  readonly recorded?: { readonly status: string; readonly version?: string };
  readonly stands: Stands;
  readonly agrees: boolean;
  /** Each difference from the recorded version, or, where none is recorded, from the newest. */
  readonly problems: readonly string[];
  readonly fingerprint: string;
  readonly rowCounts: Readonly<Record<string, number>>;
  /** Where the tenant's revision is lower than one that its database has seen: whatever job begins would end as superseded. */
  readonly behind?: { readonly revision: number; readonly seen: number };
  readonly repaired: boolean;
}

/**
 * Holds what the registry says of a tenant's module against its ledger, its tables and their declaration. With `repair` the registry
 * is made to say what stands; rejects with `Refused` where nothing fits or a job holds the module.
 */
export const makeVerifyModule =
  (ports: VerifyModulePorts) =>
  (command: VerifyModule): Promise<Verification> =>
    whileContended(() => verifyOnce(ports, command));

const verifyOnce = async (ports: VerifyModulePorts, command: VerifyModule): Promise<Verification> => {
  const { tenantId, module } = command;
  const at = ports.clock.now();
  const kept = command.repair ? await keptAnswer(ports.idempotency, command.idempotency, at) : undefined;
  if (kept) return kept['verification'] as Verification;
  const [entry, read] = await Promise.all([makeReadModule(ports.catalog)(module), ports.tenantModules.read(tenantId)]);
  if (!read) throw new Refused({ kind: 'not-found', reason: 'unknown-tenant', message: `there is no tenant ${tenantId}` });
  const { tenant, modules } = read;
  const recorded = modules.find((found) => found.module === module);
  const found = verificationOf(await look(ports, entry, { recorded, target: tenant.target }), { module, recorded, tenant });
  if (!command.repair || found.agrees) return found;
  const repair = repairOf(found, { ...command, recorded, revision: tenant.revision, at });
  const verification = { ...found, repaired: true };
  const alongside = comesOrGoes(repair) ? ports.alongsideRepair({ tenantId, module, stands: stands(repair), at }) : [];
  const idempotency = command.idempotency && { ...command.idempotency, answer: { verification } };
  await ports.repairs.save({ ...repair, alongside, ...(idempotency ? { idempotency } : {}) });
  if (comesOrGoes(repair) && !stands(repair)) await forgetSecrets(ports, recorded);
  return verification;
};

const comesOrGoes = ({ change }: Repair): boolean => change !== undefined && !(change.before && change.after);

const stands = ({ change }: Repair): boolean => change?.after !== undefined;

/** Of a module that is forgotten: nobody points to its write-only values. Should they not go, it is forgotten all the same. */
const forgetSecrets = async ({ secrets, onSecretLeft }: VerifyModulePorts, forgotten: TenantModule | undefined): Promise<void> => {
  if (forgotten?.secrets)
    await secrets.remove(forgotten, forgotten.secrets.ref).catch((error: unknown) => onSecretLeft(forgotten.tenantId, error));
};

interface Recorded {
  readonly module: string;
  readonly recorded: TenantModule | undefined;
  readonly tenant: TenantFacts;
}

const verificationOf = ({ stands, answer }: Looked, { module, recorded, tenant }: Recorded): Verification => {
  const { revision, slug } = tenant;
  const seen = revisionOf(answer.highestFence ?? 0);
  const isBehind = seen > revision;
  const { status, version } = recorded ?? {};
  return {
    module,
    ...(status === undefined ? {} : { recorded: { status, ...(version ? { version } : {}) } }),
    stands,
    agrees: agrees(recorded, stands) && !isBehind,
    problems: [...answer.problems, ...(isBehind ? [behindWords(slug, { revision, seen })] : [])],
    fingerprint: answer.fingerprint,
    rowCounts: answer.rowCounts,
    ...(isBehind ? { behind: { revision, seen } } : {}),
    repaired: false,
  };
};

const behindWords = (slug: string, { revision, seen }: NonNullable<Verification['behind']>): string =>
  `tenant ${slug} is at revision ${revision}, and its database has seen ${seen}: whatever job begins ends as superseded, until a repair raises it`;

/** Rejects with `Refused` where the module cannot be repaired by itself. What agrees is left alone, also in a job's hands. */
const repairOf = (
  { stands, behind }: Verification,
  {
    tenantId,
    module,
    actor,
    recorded,
    revision,
    at,
  }: VerifyModule & { readonly recorded: TenantModule | undefined; readonly revision: number; readonly at: Date },
): Repair => {
  const of = { tenantId, module, actor, at, revision: { from: revision, to: Math.max(revision, behind?.seen ?? 0) + 1 } };
  const versions = { recorded: recorded?.version ?? null, stands: typeof stands === 'string' ? null : stands.version };
  if (agrees(recorded, stands)) return { ...of, ...versions };
  const after = repaired(recorded, stands, { tenantId, module, at });
  if (after !== undefined && 'reason' in after) throw new Refused(after);
  return { ...of, ...versions, change: { module, ...(recorded ? { before: recorded } : {}), ...(after ? { after } : {}) } };
};

interface Look {
  readonly recorded: TenantModule | undefined;
  readonly target: TenantTarget;
}

interface Looked {
  readonly stands: Stands;
  /** Of the version that was asked for first. */
  readonly answer: Omit<VerifyAnswer, 'contract'>;
}

/** The recorded version first; if it is not that, each other one, the newest first. */
const look = async ({ verifier }: VerifyModulePorts, { module, versions }: CatalogEntry, { recorded, target }: Look): Promise<Looked> => {
  const ask = (version: string) => verifier.verify(module.migratorArn, { module: module.name, version, target });
  const names = newestFirst(versions).map(({ version }) => version);
  const first = recorded?.version ?? names[0] ?? '';
  const answer = await ask(first);
  const atFirst = standsAtFirst(recorded, first, answer);
  if (atFirst) return { stands: atFirst, answer };
  for (const version of names.filter((name) => name !== first)) if ((await ask(version)).ok) return { stands: { version }, answer };
  return { stands: 'unknown', answer };
};
