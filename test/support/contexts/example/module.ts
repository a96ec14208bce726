import { defineModule } from '../../../../contexts/shared/application/define-module.ts';

/** The smallest module there is: a folder with a manifest and one table. */
export const manifest = defineModule({
  name: 'example',
  title: 'Example',
  description: 'Shows that adding a folder is all that adding a module takes.',
  subscriptionRequired: false,
  serves: '>=1.0.0 <2.0.0',
  versions: [{ version: '1.0.0', migrations: { landlord: 0, tenant: 1 }, tables: { landlord: [], tenant: ['notes'] } }],
});
