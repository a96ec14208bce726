import { defineModule } from '../shared/application/define-module.ts';

export const manifest = defineModule({
  name: 'membership',
  title: 'Membership',
  description: 'Who belongs to the tenant, at which level, since when and until when.',
  subscriptionRequired: true,
  serves: '>=1.0.0 <2.0.0',
  versions: [
    {
      version: '1.0.0',
      migrations: { landlord: 0, tenant: 2 },
      tables: { landlord: [], tenant: ['members', 'membership_levels'] },
      seeds: true,
    },
  ],
});
