import { type IdempotencyStore, keptAnswer } from '../../shared/application/idempotency.ts';
import type { IdempotencyKey } from '../../shared/application/route.ts';
import { whileContended } from '../../shared/application/while-contended.ts';
import type { Clock } from '../../shared/domain/clock.ts';
import { Contended, Defect, Malformed, type Refusal, Refused } from '../../shared/domain/errors.ts';
import { type Configuration, type KeptSecrets, mergePatch, partedBy } from '../domain/configuration.ts';
import type { TenantModule } from '../domain/tenant-module.ts';
import { configurationErrors, whyUnstorable } from './configuration.ts';
import type { ConfigurationChange, ConfigurationSecrets, ConfigurationStore, OnSecretLeft } from './configuration-ports.ts';
import { contentHash } from './content-hash.ts';
import { removeRefs } from './given-configuration.ts';
import type { TenantFacts } from './ports.ts';
import { notInstalled } from './queries.ts';
import { type ShownTenantModule, type ShowTenantModulePorts, schemaOf, shown, tagOf } from './show-tenant-module.ts';

export interface ConfigureModulePorts extends ShowTenantModulePorts {
  readonly configurations: ConfigurationStore;
  readonly secrets: ConfigurationSecrets;
  readonly idempotency: IdempotencyStore;
  readonly clock: Clock;
  readonly onSecretLeft: OnSecretLeft;
}

export interface ConfigureModule {
  readonly tenantId: string;
  readonly module: string;
  /** A JSON merge patch. */
  readonly patch: Configuration;
  /** Tags of what the caller has seen, one of which must be that of what stands; or `*`. */
  readonly ifMatch: readonly string[];
  readonly actor: string;
  readonly idempotency?: IdempotencyKey;
}

/**
 * Changes the configuration of a module that is Active; answers it as it is then. Rejects with `Malformed` naming the fields that
 * do not fit the version that stands, with `Refused` where the module is not Active or not what the caller has seen.
 */
export const makeConfigureModule =
  (ports: ConfigureModulePorts) =>
  (command: ConfigureModule): Promise<ShownTenantModule> =>
    whileContended(() => tryToConfigure(ports, command));

const tryToConfigure = async (ports: ConfigureModulePorts, command: ConfigureModule): Promise<ShownTenantModule> => {
  const at = ports.clock.now();
  const kept = await keptAnswer(ports.idempotency, command.idempotency, at);
  // counted before the module is read: a change that comes between has the number that this one wants
  const changes = await ports.configurations.changes(command.tenantId, command.module);
  const before = await readModule(ports, command);
  const schema = await schemaOf(ports, before.tenantModule);
  if (kept) return shown(before.tenantModule, schema);
  const refusal = refusalToConfigure(command, before);
  if (refusal) throw new Refused(refusal);
  if (!schema) throw new Defect(`${command.module} is Active without a version`);
  const wanted = wantedConfiguration(command, before.tenantModule, schema);
  const idempotency = command.idempotency && { ...command.idempotency, answer: { module: command.module } };
  if (wanted.fields.length === 0) {
    if (idempotency) await ports.idempotency.keep(idempotency, at);
    return shown(before.tenantModule, schema);
  }
  const { secrets: _before, ...rest } = before.tenantModule;
  const unused = Object.keys(wanted.secret).length > 0 ? await ports.secrets.refs(before.tenantModule) : [];
  const secrets = await secretsAfter(ports, before.tenantModule, wanted);
  const after = { ...rest, configuration: wanted.plain, ...(secrets ? { secrets } : {}) };
  const change = { before: before.tenantModule, after, changes, fields: wanted.fields, actor: command.actor, at };
  await save(ports, { ...change, ...(idempotency ? { idempotency } : {}) }, unused);
  return shown(after, schema);
};

const readModule = async (
  { tenantModules }: ConfigureModulePorts,
  { tenantId, module }: ConfigureModule,
): Promise<{ readonly tenant: TenantFacts; readonly tenantModule: TenantModule }> => {
  const read = await tenantModules.read(tenantId);
  const tenantModule = read?.modules.find((found) => found.module === module);
  if (!read || !tenantModule) throw new Refused(notInstalled(module));
  return { tenant: read.tenant, tenantModule };
};

const refusalToConfigure = (
  { ifMatch }: ConfigureModule,
  { tenant, tenantModule }: { readonly tenant: TenantFacts; readonly tenantModule: TenantModule },
): Refusal | undefined => {
  const { module, status, jobId } = tenantModule;
  if (tenant.status !== 'active')
    return {
      kind: 'unprocessable',
      reason: 'tenant-not-active',
      message: `tenant ${tenant.slug} is ${tenant.status}; its modules can be configured once it is active`,
      facts: { tenant: tenant.slug, status: tenant.status },
    };
  if (jobId !== undefined)
    return {
      kind: 'conflict',
      reason: 'job-in-the-way',
      message: `job ${jobId} has ${module} in its hands; configure it once the job has ended`,
      facts: { module, job: jobId },
    };
  if (status !== 'Active')
    return {
      kind: 'conflict',
      reason: 'archived',
      message: `${module} is archived; restore it to configure it`,
      facts: { module },
    };
  if (ifMatch.includes('*') || ifMatch.includes(tagOf(tenantModule))) return undefined;
  return {
    kind: 'precondition-failed',
    reason: 'module-changed',
    message: `${module} is not as If-Match says any more; read it again, and send its ETag`,
    facts: { module },
  };
};

interface Wanted {
  readonly plain: Configuration;
  /** What the patch says of write-only fields. */
  readonly secret: Configuration;
  /** The names of all that is changed. */
  readonly fields: readonly string[];
}

/** Rejects with `Malformed` when what the patch makes of the configuration does not fit the version. */
const wantedConfiguration = ({ patch }: ConfigureModule, tenantModule: TenantModule, schema: Configuration): Wanted => {
  const { module, version, configuration, secrets } = tenantModule;
  const unstorable = whyUnstorable(patch);
  if (unstorable !== undefined) throw new Malformed(`the patch ${unstorable}`, [{ field: 'body', message: unstorable }]);
  const { plain: plainPatch, secret } = partedBy(schema, patch);
  const plain = mergePatch(configuration, plainPatch);
  const known = secrets?.fields ?? [];
  const stays = known.filter((name) => !Object.hasOwn(secret, name));
  const errors = configurationErrors(schema, { ...plain, ...mergePatch({}, secret) }, stays);
  if (errors.length > 0) throw new Malformed(`the configuration does not fit ${module} ${version}`, errors);
  const changed = Object.keys(plainPatch).filter((name) => contentHash(plain[name]) !== contentHash(configuration[name]));
  const given = Object.keys(secret).filter((name) => secret[name] !== null || known.includes(name));
  return { plain, secret: Object.fromEntries(given.map((name) => [name, secret[name]])), fields: [...changed, ...given].toSorted() };
};

/** Where the write-only values are from now on: where they were, if the patch says nothing of them; nowhere, if none is left. */
const secretsAfter = async (
  { secrets }: ConfigureModulePorts,
  { tenantId, module, secrets: kept }: TenantModule,
  { secret }: Wanted,
): Promise<KeptSecrets | undefined> => {
  if (Object.keys(secret).length === 0) return kept;
  const of = { tenantId, module };
  // should they be gone, then somebody else changed them, and this change loses; or they are lost, and it begins anew
  const values = mergePatch((kept && (await secrets.read(of, kept.ref))) ?? {}, secret);
  if (Object.keys(values).length === 0) return undefined;
  return { ref: await secrets.write(of, values), fields: Object.keys(values).toSorted() };
};

/**
 * Once it is stored the refs that were there before go, those of failed jobs too; who writes one later may have seen this change, and
 * theirs stays. Where the change lost, its own goes; where nobody knows, all stay.
 */
const save = async (ports: ConfigureModulePorts, change: ConfigurationChange, unused: readonly string[]): Promise<void> => {
  const { before, after } = change;
  const { tenantId, secrets } = after;
  const left = (error: unknown): void => ports.onSecretLeft(tenantId, error);
  try {
    await ports.configurations.save(change);
  } catch (error) {
    if (error instanceof Contended && secrets && secrets !== before.secrets) await ports.secrets.remove(after, secrets.ref).catch(left);
    throw error;
  }
  await removeRefs(ports.secrets, after, unused).catch(left);
};
