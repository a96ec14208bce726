import type { InvoiceStore } from '../../contexts/finance/application/ports.ts';
import { type Invoice, type Payment, type PaymentTerms, statusOf } from '../../contexts/finance/domain/invoice.ts';
import { makeMemoryTenantTables } from './memory-tenant-tables.ts';

interface Tables {
  readonly invoices: Map<string, Invoice>;
  readonly payments: Payment[];
  readonly terms: readonly PaymentTerms[];
}

/** The invoices of some tenants in memory; without cards, as finance 1 has them. */
export const makeMemoryInvoiceStore = (terms: PaymentTerms, { namesCards = true } = {}): InvoiceStore => {
  const { of, change } = makeMemoryTenantTables<Tables>({ invoices: new Map(), payments: [], terms: [terms] });
  return {
    invoice: async (tenant, id) => of(tenant).invoices.get(id),
    invoices: async (tenant, { limit, after, status, memberNumber }, at) =>
      [...of(tenant).invoices.values()]
        .toSorted((a, b) => (a.id < b.id ? 1 : -1))
        .filter((i) => (after === undefined || i.id < after) && (status === undefined || statusOf(i, at) === status))
        .filter((i) => memberNumber === undefined || i.memberNumber === memberNumber)
        .slice(0, limit),
    payments: async (tenant, invoiceId) => of(tenant).payments.filter((p) => p.invoiceId === invoiceId),
    change: (tenant, key, work) =>
      change(tenant, key, (draft) =>
        work({
          invoice: async (id) => draft.invoices.get(id),
          terms: async (id) => draft.terms.find((t) => (id === undefined ? t.isDefault : t.id === id)),
          add: async ({ cardNumber, ...invoice }) => {
            const added: Invoice = { ...invoice, ...(namesCards && cardNumber !== undefined ? { cardNumber } : {}) };
            draft.invoices.set(invoice.id, added);
            return added;
          },
          pay: async (payment, invoice) => {
            draft.payments.push(payment);
            draft.invoices.set(invoice.id, invoice);
          },
        }),
      ),
  };
};
