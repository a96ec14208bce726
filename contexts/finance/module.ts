import * as z from 'zod';
import { defineModule } from '../shared/application/define-module.ts';

const Configuration = z.strictObject({
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .default('EUR')
    .meta({ description: 'The currency that the tenant keeps its books in, ISO 4217.' }),
  paymentProviderKey: z
    .string()
    .min(8)
    .max(200)
    .optional()
    .meta({ description: 'The key that the payment provider gave the tenant. Never shown again.', writeOnly: true }),
});

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
