import { defineModule } from '../../../../contexts/shared/application/define-module.ts';

/** Every kind of migration and every hook on little data, so that a whole life fits into a moment. */
export const manifest = defineModule({
  name: 'workshop',
  title: 'Workshop',
  description: 'For tests: 2.0.0 adds, fills, indexes and at last takes away.',
  subscriptionRequired: false,
  serves: '>=1.0.0 <3.0.0',
  versions: [
    { version: '1.0.0', migrations: { landlord: 0, tenant: 1 }, tables: { landlord: [], tenant: ['repairs'] }, seeds: true },
    {
      version: '2.0.0',
      migrations: { landlord: 1, tenant: 5 },
      tables: { landlord: ['tariffs'], tenant: ['repairs'] },
      seeds: true,
      hooks: ['preUpgrade', 'postUpgrade', 'preUninstall', 'postUninstall'],
    },
  ],
});
