import * as z from 'zod';
import { defineModule } from '../shared/application/define-module.ts';
import { Configuration } from './domain/configuration.ts';

const common = {
  tables: { landlord: [], tenant: ['invoices', 'payments', 'payment_terms'] },
  configuration: z.toJSONSchema(Configuration, { io: 'input' }),
  seeds: true,
};

export const manifest = defineModule({
  name: 'finance',
  title: 'Finance',
  description: 'Invoices to members and what was paid of them.',
  subscriptionRequired: true,
  serves: '>=1.0.0 <3.0.0',
  versions: [
    {
      version: '1.0.0',
      migrations: { landlord: 0, tenant: 3 },
      dependencies: [
        { module: 'digital_card', range: '^1.0' },
        { module: 'membership', range: '^1.0' },
      ],
      ...common,
    },
    {
      version: '2.0.0',
      migrations: { landlord: 0, tenant: 4 },
      dependencies: [
        { module: 'digital_card', range: '^2.0' },
        { module: 'membership', range: '^1.0' },
      ],
      ...common,
    },
  ],
});
