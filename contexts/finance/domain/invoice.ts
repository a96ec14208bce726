import type { Refusal } from '../../shared/domain/errors.ts';

/** What a member owes. Amounts are whole numbers in the smallest unit of the currency. */
export interface Invoice {
  readonly id: string;
  readonly memberNumber: string;
  readonly description: string;
  readonly amount: number;
  /** ISO 4217. */
  readonly currency: string;
  readonly paid: number;
  readonly termsId: string;
  readonly issuedAt: Date;
  readonly dueAt: Date;
  /** Of the card that it is to be paid with; a tenant's invoices name one from 2.0.0 on. */
  readonly cardNumber?: number;
}

export interface Payment {
  readonly id: string;
  readonly invoiceId: string;
  readonly amount: number;
  readonly receivedAt: Date;
  readonly recordedBy: string;
}

export interface PaymentTerms {
  readonly id: string;
  readonly name: string;
  readonly days: number;
  readonly isDefault: boolean;
}

export type InvoiceStatus = 'open' | 'overdue' | 'paid';

export type InvoiceReason = 'invoice-not-found' | 'payment-terms-not-found' | 'payment-exceeds-invoice' | 'invoice-names-no-card';

export interface NewInvoice extends Pick<Invoice, 'id' | 'memberNumber' | 'description' | 'amount' | 'currency'> {
  readonly terms: PaymentTerms;
  readonly cardNumber?: number | undefined;
}

export const issueInvoice = ({ terms, cardNumber, ...given }: NewInvoice, at: Date): Invoice => ({
  ...given,
  paid: 0,
  termsId: terms.id,
  issuedAt: at,
  dueAt: new Date(at.getTime() + terms.days * 86_400_000),
  ...(cardNumber === undefined ? {} : { cardNumber }),
});

/** The invoice with a payment taken off it; never more than is open. */
export const payInvoice = (invoice: Invoice, amount: number): Invoice | Refusal<InvoiceReason> =>
  amount > invoice.amount - invoice.paid ? exceeds(invoice) : { ...invoice, paid: invoice.paid + amount };

export const statusOf = ({ amount, paid, dueAt }: Invoice, at: Date): InvoiceStatus => {
  if (paid === amount) return 'paid';
  return dueAt < at ? 'overdue' : 'open';
};

export const invoiceNotFound: Refusal<InvoiceReason> = {
  kind: 'not-found',
  reason: 'invoice-not-found',
  message: 'this tenant has no invoice with this id',
};

export const termsNotFound: Refusal<InvoiceReason> = {
  kind: 'unprocessable',
  reason: 'payment-terms-not-found',
  message: 'this tenant has no payment terms with this id; leave them out for the default',
};

export const namesNoCard: Refusal<InvoiceReason> = {
  kind: 'unprocessable',
  reason: 'invoice-names-no-card',
  message: 'this tenant has finance 1, whose invoices name no card: upgrade to 2.0.0, or leave cardNumber out',
};

const exceeds = ({ id, amount, paid, currency }: Invoice): Refusal<InvoiceReason> => ({
  kind: 'unprocessable',
  reason: 'payment-exceeds-invoice',
  message: `only ${amount - paid} of the invoice is open, in the smallest unit of ${currency}: record no more than that`,
  facts: { invoice: id, open: amount - paid },
});
