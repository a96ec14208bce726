import { defineMigrator } from '../shared/application/define-migrator.ts';
import { seedPaymentTerms } from './migrations/seed-payment-terms.ts';
import { createPaymentTerms } from './migrations/tenant-0001-create-payment-terms.ts';
import { createInvoices } from './migrations/tenant-0002-create-invoices.ts';
import { createPayments } from './migrations/tenant-0003-create-payments.ts';
import { nameCards } from './migrations/tenant-0004-name-cards.ts';
import { manifest } from './module.ts';

export const declaration = defineMigrator({
  manifest,
  landlord: [],
  tenant: [createPaymentTerms, createInvoices, createPayments, nameCards],
  seed: seedPaymentTerms,
});
