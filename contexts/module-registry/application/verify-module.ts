import { type IdempotencyRecord, type IdempotencyStore, keptAnswer } from '../../shared/application/idempotency.ts';
import type { IdempotencyKey } from '../../shared/application/route.ts';
import { whileContended } from '../../shared/application/while-contended.ts';
import type { Clock } from '../../shared/domain/clock.ts';
import { Refused } from '../../shared/domain/errors.ts';
import type { TenantTarget, VerifyAnswer } from '../../shared/domain/migrator-contract.ts';
import { newestFirst } from '../domain/module-version.ts';
import type { TenantModule } from '../domain/tenant-module.ts';
import { agrees, repaired, type Stands } from '../domain/verification.ts';
import { type CatalogEntry, makeReadModule } from './catalog.ts';
import type { Catalog, TenantModules } from './ports.ts';

/** A module's own migrator, asked whether what stands is what a version declares. Changes nothing. */
export interface SchemaVerifier {
  readonly verify: (
    migratorArn: string,
    of: { readonly module: string; readonly version: string; readonly target: TenantTarget },
  ) => Promise<Omit<VerifyAnswer, 'contract'>>;
}

export interface Repair {
  readonly before?: TenantModule;
  readonly after?: TenantModule;
  readonly tenantId: string;
  readonly module: string;
  /** The tenant's revision as it was read; raised by the repair, so that no plan that saw the old state is accepted. */
  readonly revision: number;
  readonly actor: string;
  readonly at: Date;
  readonly idempotency?: IdempotencyRecord;
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
  readonly idempotency: IdempotencyStore;
  readonly clock: Clock;
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
  const [entry, read] = await Promise.all([makeReadModule(ports.catalog)(module), ports.tenantModules.read(tenantId)]);
  if (!read) throw new Refused({ kind: 'not-found', reason: 'unknown-tenant', message: `there is no tenant ${tenantId}` });
  const recorded = read.modules.find((found) => found.module === module);
  const { stands, answer } = await look(ports, entry, { recorded, target: read.tenant.target });
  const found = {
    module,
    ...(recorded ? { recorded: { status: recorded.status, ...(recorded.version ? { version: recorded.version } : {}) } } : {}),
    ...{
      stands,
      agrees: agrees(recorded, stands),
      problems: answer.problems,
      fingerprint: answer.fingerprint,
      rowCounts: answer.rowCounts,
    },
  };
  if (!command.repair || found.agrees) return { ...found, repaired: false };
  const at = ports.clock.now();
  if (await keptAnswer(ports.idempotency, command.idempotency, at)) return { ...found, repaired: false };
  const after = repaired(recorded, stands, { tenantId, module, at });
  if (after !== undefined && 'reason' in after) throw new Refused(after);
  await ports.repairs.save({
    ...{ tenantId, module, revision: read.tenant.revision, actor: command.actor, at },
    ...(recorded ? { before: recorded } : {}),
    ...(after ? { after } : {}),
    ...(command.idempotency ? { idempotency: { ...command.idempotency, answer: { module } } } : {}),
  });
  return { ...found, repaired: true };
};

interface Look {
  readonly recorded: TenantModule | undefined;
  readonly target: TenantTarget;
}

/** The recorded version first; if it is not that, each other one, the newest first. */
const look = async ({ verifier }: VerifyModulePorts, { module, versions }: CatalogEntry, { recorded, target }: Look) => {
  const ask = (version: string) => verifier.verify(module.migratorArn, { module: module.name, version, target });
  const names = newestFirst(versions).map(({ version }) => version);
  const first = recorded?.version ?? names[0];
  const answer = await ask(first ?? '');
  if (answer.ok) return { stands: { version: first ?? '' }, answer };
  if (Object.keys(answer.rowCounts).length === 0) return { stands: 'absent' as const, answer };
  for (const version of names.filter((name) => name !== first)) if ((await ask(version)).ok) return { stands: { version }, answer };
  return { stands: 'unknown' as const, answer };
};
