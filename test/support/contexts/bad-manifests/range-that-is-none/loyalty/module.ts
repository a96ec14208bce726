import { defineModule } from '../../../../../../contexts/shared/application/define-module.ts';

/** Nothing could ever fit. */
export const manifest = defineModule({
  name: 'loyalty',
  title: 'Loyalty',
  description: 'For tests: its manifest is broken.',
  subscriptionRequired: false,
  serves: '>=1.0.0 <2.0.0',
  versions: [
    {
      version: '1.0.0',
      migrations: { landlord: 0, tenant: 1 },
      tables: { landlord: [], tenant: ['points'] },
      dependencies: [{ module: 'membership', range: 'newest' }],
    },
  ],
});
