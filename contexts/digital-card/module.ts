import { defineModule } from '../shared/application/define-module.ts';

const tables = {
  landlord: ['digital_card_global_config'],
  tenant: ['digital_cards', 'card_templates', 'card_validations'],
};

export const manifest = defineModule({
  name: 'digital_card',
  title: 'Digital cards',
  description: 'Membership cards on the phone: issue, change and revoke them, and validate one by its code at the door.',
  subscriptionRequired: true,
  serves: '>=1.0.0 <3.0.0',
  versions: [
    { version: '1.0.0', migrations: { landlord: 1, tenant: 3 }, tables, seeds: true },
    { version: '1.1.0', migrations: { landlord: 1, tenant: 6 }, tables, seeds: true },
    { version: '2.0.0', migrations: { landlord: 1, tenant: 8 }, tables, seeds: true },
  ],
});
