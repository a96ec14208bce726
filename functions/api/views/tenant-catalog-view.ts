import * as z from 'zod';
import type { Prospect, TenantOffer } from '../../../contexts/module-registry/index.ts';
import { ModuleName } from '../../../contexts/shared/domain/names.ts';
import { ModuleSummary, summarise } from './module-view.ts';

const ProspectView = z.strictObject({
  version: z.string().optional().meta({ description: 'The version it would lead to; absent where none can be had.' }),
  brings: z
    .array(z.strictObject({ module: ModuleName, version: z.string() }))
    .meta({ description: 'What would come, or change, with it.' }),
  missing: z
    .array(z.strictObject({ reason: z.string(), message: z.string() }))
    .meta({ description: 'What stands in its way; empty: it would be accepted.' }),
});

/** A module of the catalog as one tenant sees it. */
export const TenantOfferView = z
  .strictObject({
    ...ModuleSummary.shape,
    status: z.enum(['Absent', 'Changing', 'Active', 'Archived', 'ManualIntervention']).meta({ description: 'Of the tenant’s module.' }),
    installedVersion: z.string().optional().meta({ description: 'What stands.' }),
    warning: z.string().optional().meta({ description: 'What to know of the version that stands.' }),
    subscription: z
      .enum(['not-required', 'active', 'missing', 'unknown'])
      .meta({ description: 'unknown: the subscription service cannot be asked now.' }),
    install: ProspectView.optional().meta({ description: 'Where no version stands: what an install without a version would do.' }),
    upgrade: ProspectView.optional().meta({ description: 'Where a higher version is published than the one that stands.' }),
  })
  .meta({ id: 'TenantOffer' });

export const viewTenantOffer = (offer: TenantOffer): z.input<typeof TenantOfferView> => {
  const { module, subscription, present, warning, install, upgrade } = offer;
  return {
    ...summarise(module),
    status: present?.status ?? 'Absent',
    ...(present?.version === undefined ? {} : { installedVersion: present.version }),
    ...(warning === undefined ? {} : { warning }),
    subscription,
    ...(install === undefined ? {} : { install: viewProspect(install) }),
    ...(upgrade === undefined ? {} : { upgrade: viewProspect(upgrade) }),
  };
};

const viewProspect = ({ version, brings, missing }: Prospect): z.input<typeof ProspectView> => ({
  ...(version === undefined ? {} : { version }),
  brings: brings.map((brought) => ({ ...brought })),
  missing: missing.map(({ reason, message }) => ({ reason, message })),
});
