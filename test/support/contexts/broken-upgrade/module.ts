import { defineModule } from '../../../../contexts/shared/application/define-module.ts';

const tables = { landlord: [], tenant: ['parts'] };

/** 1.0.0 is fine. 2.0.0 throws one of the rows away, adds a column, fills it, and fails on what it demands of the rows: all of it must go again. */
export const manifest = defineModule({
  name: 'broken_upgrade',
  title: 'Broken upgrade',
  description: 'For tests: its upgrade fails at the very last, when it demands what the rows do not have.',
  subscriptionRequired: false,
  serves: '>=1.0.0 <3.0.0',
  versions: [
    { version: '1.0.0', migrations: { landlord: 0, tenant: 1 }, tables, seeds: true },
    { version: '2.0.0', migrations: { landlord: 0, tenant: 4 }, tables, seeds: true, hooks: ['preUpgrade'] },
  ],
});
