import { defineModule } from '../../../../contexts/shared/application/define-module.ts';

/** Slow enough to be killed in the middle of each of its migrations. */
export const manifest = defineModule({
  name: 'slow',
  title: 'Slow',
  description: 'For tests: four migrations of a second each.',
  subscriptionRequired: false,
  serves: '>=1.0.0 <2.0.0',
  versions: [
    {
      version: '1.0.0',
      migrations: { landlord: 0, tenant: 4 },
      tables: { landlord: [], tenant: ['stage_1', 'stage_2', 'stage_3', 'stage_4'] },
    },
  ],
});
