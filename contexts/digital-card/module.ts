import { defineModule } from '../shared/application/define-module.ts';

export const manifest = defineModule({
  name: 'digital_card',
  title: 'Digital cards',
  description: 'Membership cards on the phone: issue, change and revoke them, and validate one by its code at the door.',
  subscriptionRequired: true,
  serves: '>=1.0.0 <2.0.0',
  versions: [
    {
      version: '1.0.0',
      migrations: { landlord: 1, tenant: 3 },
      tables: {
        landlord: ['digital_card_global_config'],
        tenant: ['digital_cards', 'card_templates', 'card_validations'],
      },
      seeds: true,
    },
  ],
});
