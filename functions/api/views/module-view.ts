import * as z from 'zod';
import {
  type CatalogModule,
  type ConfigurationEntry,
  type ModuleVersion,
  refusalToInstall,
  type ShownTenantModule,
  type TenantModule,
  warningOf,
} from '../../../contexts/module-registry/index.ts';
import { ModuleName, Ulid } from '../../../contexts/shared/domain/names.ts';

const Dependency = z.strictObject({ module: ModuleName, range: z.string(), optional: z.boolean() });

/** A version as the catalog shows it. */
export const VersionView = z
  .strictObject({
    version: z.string(),
    status: z.enum(['draft', 'published', 'deprecated', 'withdrawn']),
    dependencies: z.array(Dependency),
    configuration: z.record(z.string(), z.unknown()).meta({ description: 'JSON Schema of the configuration.' }),
    tables: z.strictObject({ landlord: z.array(z.string()), tenant: z.array(z.string()) }),
    registeredAt: z.iso.datetime(),
    publishedAt: z.iso.datetime().optional(),
    sunsetAt: z.iso.datetime().optional().meta({ description: 'Deprecated: from then on it is not installed anew.' }),
    installable: z.boolean().meta({ description: 'Whether it may be installed anew now; false from its sunset on.' }),
    warning: z.string().optional().meta({ description: 'What to know before installing it, or while it stands.' }),
  })
  .meta({ id: 'ModuleVersion' });

/** A module of the catalog without its versions. */
export const ModuleSummary = z
  .strictObject({
    module: ModuleName,
    title: z.string(),
    description: z.string(),
    subscriptionRequired: z.boolean(),
    newestPublished: z
      .string()
      .optional()
      .meta({ description: 'What an install without a version takes; absent: nothing to install yet.' }),
  })
  .meta({ id: 'ModuleSummary' });

/** A module of the catalog with its versions, newest first. */
export const ModuleView = z.strictObject({ ...ModuleSummary.shape, versions: z.array(VersionView) }).meta({ id: 'Module' });

/** A module as one tenant has it. */
export const TenantModuleView = z
  .strictObject({
    module: ModuleName,
    status: z.enum(['Changing', 'Active', 'Archived', 'ManualIntervention']),
    version: z.string().optional().meta({ description: 'What stands; absent during a first install.' }),
    jobId: Ulid.optional().meta({ description: 'The job that is changing it, or needs intervention.' }),
    installedBy: Ulid.optional().meta({ description: 'The job that brought the version that stands.' }),
    installedAt: z.iso.datetime().optional(),
    configuration: z.record(z.string(), z.unknown()).meta({ description: 'What is set, without defaults and without what is write-only.' }),
    secretsSet: z.array(z.string()).meta({ description: 'The names of the write-only fields that are set.' }),
    archive: z
      .strictObject({ version: z.string(), archivedAt: z.iso.datetime(), expiresAt: z.iso.datetime() })
      .optional()
      .meta({ description: 'What an uninstall left; it is purged when it expires.' }),
  })
  .meta({ id: 'TenantModule' });

/** The same with the configuration that counts. */
export const ConfiguredModuleView = TenantModuleView.extend({
  effective: z
    .record(z.string(), z.unknown())
    .optional()
    .meta({ description: 'The configuration that counts: what is set, and the version’s defaults; absent while no version stands.' }),
}).meta({ id: 'ConfiguredModule' });

/** One entry of the history of a configuration. */
export const ConfigurationEntryView = z
  .strictObject({
    at: z.iso.datetime(),
    by: z.string().meta({ description: 'The subject id of whoever asked for it.' }),
    fields: z.array(z.string()).meta({ description: 'The names of what was given or changed; never a value.' }),
    jobId: Ulid.optional().meta({ description: 'The job that brought it; whether it came to be, the job says.' }),
  })
  .meta({ id: 'ConfigurationEntry' });

/** `at` decides what its sunset means. */
export const viewVersion = (version: ModuleVersion, at: Date): z.input<typeof VersionView> => ({
  version: version.version,
  status: version.status,
  dependencies: [...version.dependencies],
  configuration: { ...version.configuration },
  tables: version.tables,
  registeredAt: version.registeredAt.toISOString(),
  ...(version.publishedAt === undefined ? {} : { publishedAt: version.publishedAt.toISOString() }),
  ...(version.sunsetAt === undefined ? {} : { sunsetAt: version.sunsetAt.toISOString() }),
  installable: refusalToInstall(version, at) === undefined,
  ...warningIn(version, at),
});

const warningIn = (version: ModuleVersion, at: Date) => {
  const warning = warningOf(version, at);
  return warning === undefined ? {} : { warning };
};

export const summarise = ({ name, title, description, subscriptionRequired, newestPublished }: CatalogModule) => ({
  ...{ module: name, title, description, subscriptionRequired },
  ...(newestPublished === undefined ? {} : { newestPublished }),
});

interface Entry {
  readonly module: CatalogModule;
  readonly versions: readonly ModuleVersion[];
}

export const viewModule = ({ module, versions }: Entry, at: Date): z.input<typeof ModuleView> => ({
  ...summarise(module),
  versions: versions.map((version) => viewVersion(version, at)),
});

export const viewTenantModule = (tenantModule: TenantModule): z.input<typeof TenantModuleView> => {
  const { module, status, version, jobId, installedBy, installedAt, configuration, secrets, archive } = tenantModule;
  return {
    module,
    status,
    ...(version === undefined ? {} : { version }),
    ...(jobId === undefined ? {} : { jobId }),
    ...(installedBy === undefined ? {} : { installedBy }),
    ...(installedAt === undefined ? {} : { installedAt: installedAt.toISOString() }),
    configuration: { ...configuration },
    secretsSet: [...(secrets?.fields ?? [])],
    ...(archive === undefined
      ? {}
      : { archive: { version: archive.version, archivedAt: archive.at.toISOString(), expiresAt: archive.expiresAt.toISOString() } }),
  };
};

export const viewConfiguredModule = ({ tenantModule, effective }: ShownTenantModule): z.input<typeof ConfiguredModuleView> => ({
  ...viewTenantModule(tenantModule),
  ...(effective === undefined ? {} : { effective: { ...effective } }),
});

export const viewConfigurationEntry = ({ at, actor, fields, jobId }: ConfigurationEntry): z.input<typeof ConfigurationEntryView> => ({
  at: at.toISOString(),
  by: actor,
  fields: [...fields],
  ...(jobId === undefined ? {} : { jobId }),
});
