import * as z from 'zod';
import {
  type CatalogModule,
  type ModuleVersion,
  refusalToInstall,
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
    configuration: z.record(z.string(), z.unknown()),
    archive: z
      .strictObject({ version: z.string(), archivedAt: z.iso.datetime(), expiresAt: z.iso.datetime() })
      .optional()
      .meta({ description: 'What an uninstall left; it is purged when it expires.' }),
  })
  .meta({ id: 'TenantModule' });

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
  const { module, status, version, jobId, installedBy, installedAt, configuration, archive } = tenantModule;
  return {
    module,
    status,
    ...(version === undefined ? {} : { version }),
    ...(jobId === undefined ? {} : { jobId }),
    ...(installedBy === undefined ? {} : { installedBy }),
    ...(installedAt === undefined ? {} : { installedAt: installedAt.toISOString() }),
    configuration: { ...configuration },
    ...(archive === undefined
      ? {}
      : { archive: { version: archive.version, archivedAt: archive.at.toISOString(), expiresAt: archive.expiresAt.toISOString() } }),
  };
};
