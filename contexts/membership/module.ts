import { defineModule } from '../shared/application/define-module.ts';

const tables = { landlord: [], tenant: ['members', 'membership_levels'] };

export const manifest = defineModule({
  name: 'membership',
  title: 'Membership',
  description: 'Who belongs to the tenant, at which level, since when and until when.',
  subscriptionRequired: true,
  serves: '>=1.0.0 <2.0.0',
  versions: [
    { version: '1.0.0', migrations: { landlord: 0, tenant: 2 }, tables, seeds: true },
    { version: '1.1.0', migrations: { landlord: 0, tenant: 4 }, tables, seeds: true },
  ],
});
