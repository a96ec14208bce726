import { writeOnlyFields } from '../../shared/domain/write-only.ts';
import { type Configuration, mergePatch, type PartedConfiguration, partedBy } from '../domain/configuration.ts';
import type { Job } from '../domain/job.ts';
import type { PlanStep } from '../domain/resolution/resolve.ts';
import type { TenantModule } from '../domain/tenant-module.ts';
import type { Change, ChangeFacts } from './change-facts.ts';
import { whyUnstorable } from './configuration.ts';
import type { ConfigurationSecrets, OfTenantModule } from './configuration-ports.ts';
import { contentHash } from './content-hash.ts';
import type { GivenConfiguration, JobStore } from './ports.ts';

/** What a request for a change says of modules' configurations: what is write-only goes to where secrets are, never into the job. */

export type Given = Readonly<Record<string, GivenConfiguration>>;
type Steps = readonly Pick<PlanStep, 'module' | 'to'>[];
type Removing = Pick<ConfigurationSecrets, 'remove'>;

/** The request's configurations, ready to be stored with the job; its write-only values are written by now, under refs of their own. */
export const keepGiven = async (secrets: ConfigurationSecrets, change: Change, facts: ChangeFacts, steps: Steps): Promise<Given> => {
  const given: [string, GivenConfiguration][] = [];
  for (const { module, plain, secret } of partedOf(change, facts, steps)) {
    const stands = facts.tenantModules.find((known) => known.module === module);
    const plainly = { configuration: plain, fields: fieldsOf({ plain, secret }), insteadOf: standingHash(stands) };
    if (Object.keys(secret).length === 0) given.push([module, plainly]);
    else {
      const of = { tenantId: change.tenantId, module };
      const values = { ...(stands?.secrets && (await secrets.read(of, stands.secrets.ref))), ...secret };
      const kept = { ref: await secrets.write(of, values), fields: Object.keys(values).toSorted() };
      given.push([module, { ...plainly, secrets: kept }]);
    }
  }
  return Object.fromEntries(given);
};

/** Another one whenever the module's configuration is another, write-only fields too; and while the tenant does not have it. */
export const standingHash = (stands: Pick<TenantModule, 'configuration' | 'secrets'> | undefined): string =>
  contentHash(stands ? [stands.configuration, stands.secrets?.ref] : []);

/** The modules of which another configuration stands by now than when it was given. */
export const configuredSince = (given: Given, tenantModules: readonly TenantModule[]): readonly string[] =>
  Object.entries(given).flatMap(([module, { insteadOf }]) =>
    insteadOf === standingHash(tenantModules.find((known) => known.module === module)) ? [] : [module],
  );

/** Of a request that was not stored: nobody points to its write-only values. */
export const forgetGiven = async (secrets: Removing, tenantId: string, given: Given): Promise<void> => {
  for (const [module, { secrets: kept }] of Object.entries(given)) if (kept) await secrets.remove({ tenantId, module }, kept.ref);
};

/** Refs by module. */
type Leftovers = Readonly<Record<string, readonly string[]>>;

/**
 * What failed jobs have left of the modules; they are not tried again once this request is stored. Asked before it is: whoever wrote
 * one of them has not seen the request and loses against it, and whoever writes one later is not among them.
 */
export const leftoversOf = async (
  secrets: Pick<ConfigurationSecrets, 'refs'>,
  { tenant, tenantModules, versions }: ChangeFacts,
  steps: Steps,
): Promise<Leftovers> => {
  const withSecrets = steps.filter(({ module }) =>
    versions.get(module)?.some(({ configuration }) => writeOnlyFields(configuration ?? {}).length > 0),
  );
  const found = withSecrets.map(async ({ module }) => {
    const counts = tenantModules.find((known) => known.module === module)?.secrets?.ref;
    const refs = await secrets.refs({ tenantId: tenant.id, module });
    return [module, refs.filter((ref) => ref !== counts)] as const;
  });
  return Object.fromEntries(await Promise.all(found));
};

export const forgetLeftovers = async (secrets: Removing, tenantId: string, leftovers: Leftovers): Promise<void> => {
  for (const [module, refs] of Object.entries(leftovers)) await removeRefs(secrets, { tenantId, module }, refs);
};

export const removeRefs = async (secrets: Removing, of: OfTenantModule, refs: readonly string[]): Promise<void> => {
  for (const ref of refs) await secrets.remove(of, ref);
};

/** Whether the request gives exactly what the request for the job gave. */
export const givesTheSame = async (
  ports: { readonly jobs: Pick<JobStore, 'configuration'>; readonly secrets: Pick<ConfigurationSecrets, 'read'> },
  change: Change,
  facts: ChangeFacts,
  job: Job,
): Promise<boolean> => {
  // what cannot be kept was never given; the checks say why
  if (Object.values(change.configurations).some((given) => whyUnstorable(given) !== undefined)) return false;
  const stored = await ports.jobs.configuration(job.id);
  const parted = partedOf(change, facts, job.modules);
  if (contentHash(Object.keys(stored).toSorted()) !== contentHash(parted.map(({ module }) => module).toSorted())) return false;
  for (const { module, plain, secret } of parted) {
    const given = stored[module];
    if (contentHash([given?.configuration, given?.fields]) !== contentHash([plain, fieldsOf({ plain, secret })])) return false;
    const values = (given?.secrets && (await ports.secrets.read({ tenantId: change.tenantId, module }, given.secrets.ref))) ?? {};
    if (contentHash(mergePatch(values, secret)) !== contentHash(values)) return false;
  }
  return true;
};

/** An empty configuration says nothing. */
const partedOf = (
  { configurations }: Change,
  { versions }: ChangeFacts,
  steps: Steps,
): readonly (PartedConfiguration & { readonly module: string })[] =>
  Object.entries(configurations).flatMap(([module, configuration]) => {
    if (Object.keys(configuration).length === 0) return [];
    const to = steps.find((step) => step.module === module)?.to;
    const schema = versions.get(module)?.find(({ version }) => version === to)?.configuration ?? {};
    return [{ module, ...partedBy(schema, configuration) }];
  });

const fieldsOf = ({ plain, secret }: { readonly plain: Configuration; readonly secret: Configuration }): readonly string[] =>
  [...Object.keys(plain), ...Object.keys(secret)].toSorted();
