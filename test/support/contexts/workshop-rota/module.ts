import { defineModule } from '../../../../contexts/shared/application/define-module.ts';

const tables = { landlord: [], tenant: ['shifts'] };

/** It needs workshop, each of its versions the same major one: they are installed, upgraded and removed together. */
export const manifest = defineModule({
  name: 'workshop_rota',
  title: 'Workshop rota',
  description: 'For tests: a module that needs another.',
  subscriptionRequired: false,
  serves: '>=1.0.0 <3.0.0',
  versions: [
    { version: '1.0.0', migrations: { landlord: 0, tenant: 1 }, tables, dependencies: [{ module: 'workshop', range: '^1.0' }] },
    { version: '2.0.0', migrations: { landlord: 0, tenant: 2 }, tables, dependencies: [{ module: 'workshop', range: '^2.0' }] },
  ],
});
