import type { IdempotencyKey, TenantRef } from '../../shared/application/route.ts';
import type { Clock, NewId } from '../../shared/domain/clock.ts';
import { type Refusal, Refused } from '../../shared/domain/errors.ts';
import type { Configuration } from '../domain/configuration.ts';
import {
  type Invoice,
  invoiceNotFound,
  issueInvoice,
  type NewInvoice,
  namesNoCard,
  type Payment,
  payInvoice,
  termsNotFound,
} from '../domain/invoice.ts';
import { keyMissing, type PaymentRequest, requestPayment, signedText } from '../domain/payment-request.ts';
import { type InvoiceView, type PaymentView, viewInvoice, viewPayment } from './invoice-view.ts';
import type { InvoicePage, InvoiceStore } from './ports.ts';

export interface InvoicePorts {
  readonly store: InvoiceStore;
  readonly configuration: (tenant: TenantRef) => Promise<Pick<Configuration, 'currency'>>;
  /** The tenant's key at its payment provider; undefined while it has set none. */
  readonly providerKey: (tenant: TenantRef) => Promise<string | undefined>;
  /** Of a text, with a key. */
  readonly sign: (key: string, text: string) => string;
  readonly clock: Clock;
  readonly newId: NewId;
}

/** For whom, and by whom; with a key, the same command once more gets the same answer. */
export interface Command {
  readonly tenant: TenantRef;
  readonly by: string;
  readonly key?: IdempotencyKey | undefined;
}

export interface Order extends Omit<NewInvoice, 'id' | 'terms' | 'currency'> {
  /** The one that the tenant keeps its books in unless given. */
  readonly currency?: string | undefined;
  /** The default terms unless given. */
  readonly terms?: string | undefined;
}

export const makeIssueInvoice =
  ({ store, configuration, clock, newId }: InvoicePorts) =>
  async ({ tenant, key }: Command, { terms: termsId, currency: asked, ...given }: Order): Promise<InvoiceView> => {
    const currency = asked ?? (await configuration(tenant)).currency;
    return store.change(tenant, key, async (changes) => {
      const at = clock.now();
      const terms = await changes.terms(termsId);
      if (terms === undefined) throw new Refused(termsNotFound);
      const invoice = issueInvoice({ id: newId(), terms, currency, ...given }, at);
      const added = await changes.add(invoice);
      if (added.cardNumber !== invoice.cardNumber) throw new Refused(namesNoCard);
      return viewInvoice(added, at);
    });
  };

export const makeRecordPayment =
  ({ store, clock, newId }: InvoicePorts) =>
  ({ tenant, by, key }: Command, id: string, amount: number): Promise<InvoiceView> =>
    store.change(tenant, key, async (changes) => {
      const at = clock.now();
      const paid = accepted(payInvoice(found(await changes.invoice(id)), amount));
      const payment: Payment = { id: newId(), invoiceId: id, amount, receivedAt: at, recordedBy: by };
      await changes.pay(payment, paid);
      return viewInvoice(paid, at);
    });

export const makeReadInvoice =
  ({ store, clock }: InvoicePorts) =>
  async (tenant: TenantRef, id: string): Promise<InvoiceView & { readonly payments: readonly PaymentView[] }> => {
    const [invoice, payments] = await Promise.all([store.invoice(tenant, id), store.payments(tenant, id)]);
    return { ...viewInvoice(found(invoice), clock.now()), payments: payments.map(viewPayment) };
  };

export const makeListInvoices =
  ({ store, clock }: InvoicePorts) =>
  async (tenant: TenantRef, page: InvoicePage): Promise<readonly InvoiceView[]> => {
    const at = clock.now();
    return (await store.invoices(tenant, page, at)).map((invoice) => viewInvoice(invoice, at));
  };

export interface SignedPaymentRequest extends PaymentRequest {
  readonly signature: string;
}

/** What a member takes to the tenant's payment provider. The key signs it, and goes nowhere. */
export const makeSignPaymentRequest =
  ({ store, providerKey, sign }: InvoicePorts) =>
  async (tenant: TenantRef, id: string): Promise<SignedPaymentRequest> => {
    const request = accepted(requestPayment(found(await store.invoice(tenant, id))));
    const key = await providerKey(tenant);
    if (key === undefined) throw new Refused(keyMissing);
    return { ...request, signature: sign(key, signedText(request)) };
  };

const found = (invoice: Invoice | undefined): Invoice => {
  if (invoice === undefined) throw new Refused(invoiceNotFound);
  return invoice;
};

const accepted = <Decided extends object>(decided: Decided | Refusal): Decided => {
  if ('reason' in decided) throw new Refused(decided);
  return decided;
};
