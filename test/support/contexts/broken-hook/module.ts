import { defineModule } from '../../../../contexts/shared/application/define-module.ts';

/** Its migrations and seed are fine and committed; then its last hook fails, so all of it must go again. */
export const manifest = defineModule({
  name: 'broken_hook',
  title: 'Broken hook',
  description: 'For tests: its post-install hook fails after its migrations were committed.',
  subscriptionRequired: false,
  serves: '>=1.0.0 <2.0.0',
  versions: [
    {
      version: '1.0.0',
      migrations: { landlord: 0, tenant: 2 },
      tables: { landlord: [], tenant: ['parts', 'orders'] },
      seeds: true,
      hooks: ['postInstall'],
    },
  ],
});
