import type { IdempotencyKey, TenantRef } from '../../shared/application/route.ts';
import type { Invoice, InvoiceStatus, Payment, PaymentTerms } from '../domain/invoice.ts';

export interface InvoicePage {
  readonly limit: number;
  /** The id of the last invoice seen: invoices come newest first. */
  readonly after?: string | undefined;
  readonly status?: InvoiceStatus | undefined;
  readonly memberNumber?: string | undefined;
}

/** Within one transaction. */
export interface InvoiceChanges {
  /** Held until the transaction ends, so that nobody pays it meanwhile. */
  readonly invoice: (id: string) => Promise<Invoice | undefined>;
  /** Without an id, the default ones. */
  readonly terms: (id: string | undefined) => Promise<PaymentTerms | undefined>;
  /** Answers the invoice as it stands: without the card where the tenant's version has no place for it. */
  readonly add: (invoice: Invoice) => Promise<Invoice>;
  /** The payment, and the invoice that it is for as it is now. */
  readonly pay: (payment: Payment, invoice: Invoice) => Promise<void>;
}

/** The invoices of a tenant, in its own database. Rejects with Contended or Unavailable. */
export interface InvoiceStore {
  readonly invoice: (tenant: TenantRef, id: string) => Promise<Invoice | undefined>;
  readonly invoices: (tenant: TenantRef, page: InvoicePage, at: Date) => Promise<readonly Invoice[]>;
  /** Of one invoice, the first first; at most 100. */
  readonly payments: (tenant: TenantRef, invoiceId: string) => Promise<readonly Payment[]>;
  /**
   * One transaction. With a key, an answer given before is given again and `work` is not run; a key that came with another
   * body before rejects with Refused. Answers are JSON.
   */
  readonly change: <Answer>(
    tenant: TenantRef,
    key: IdempotencyKey | undefined,
    work: (changes: InvoiceChanges) => Promise<Answer>,
  ) => Promise<Answer>;
}
