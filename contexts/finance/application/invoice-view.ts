import * as z from 'zod';
import { Ulid } from '../../shared/domain/names.ts';
import { type Invoice, type Payment, statusOf } from '../domain/invoice.ts';

/** An invoice as the API shows it. */
export const InvoiceView = z.strictObject({
  id: Ulid,
  memberNumber: z.string(),
  description: z.string(),
  amount: z.int().describe('In the smallest unit of the currency.'),
  currency: z.string(),
  paid: z.int(),
  status: z.enum(['open', 'overdue', 'paid']),
  terms: Ulid,
  issuedAt: z.iso.datetime(),
  dueAt: z.iso.datetime(),
  cardNumber: z.int().optional(),
});
export type InvoiceView = z.infer<typeof InvoiceView>;

export const PaymentView = z.strictObject({ id: Ulid, amount: z.int(), receivedAt: z.iso.datetime() });
export type PaymentView = z.infer<typeof PaymentView>;

/** What the payment provider is to be given as it is. */
export const PaymentRequestView = z.strictObject({
  reference: Ulid.describe('The invoice, under which the provider reports the payment.'),
  amount: z.int().positive().describe('What is open now, in the smallest unit of the currency.'),
  currency: z.string(),
  signature: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe('HMAC-SHA256, hex, of reference, amount and currency with dots between, with the tenant’s key at the provider.'),
});

export const viewInvoice = (invoice: Invoice, at: Date): InvoiceView => ({
  id: invoice.id,
  memberNumber: invoice.memberNumber,
  description: invoice.description,
  amount: invoice.amount,
  currency: invoice.currency,
  paid: invoice.paid,
  status: statusOf(invoice, at),
  terms: invoice.termsId,
  issuedAt: invoice.issuedAt.toISOString(),
  dueAt: invoice.dueAt.toISOString(),
  ...(invoice.cardNumber === undefined ? {} : { cardNumber: invoice.cardNumber }),
});

export const viewPayment = ({ id, amount, receivedAt }: Payment): PaymentView => ({ id, amount, receivedAt: receivedAt.toISOString() });
