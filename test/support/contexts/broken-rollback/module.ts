import { defineModule } from '../../../../contexts/shared/application/define-module.ts';

/** Its hook fails, and it cannot be undone without taking along what stands outside its schema: a person must look. */
export const manifest = defineModule({
  name: 'broken_rollback',
  title: 'Broken rollback',
  description: 'For tests: its hook fails, and a view in another schema stands in the way of the rollback.',
  subscriptionRequired: false,
  serves: '>=1.0.0 <2.0.0',
  versions: [
    { version: '1.0.0', migrations: { landlord: 0, tenant: 1 }, tables: { landlord: [], tenant: ['readings'] }, hooks: ['postInstall'] },
  ],
});
