import { beforeEach, describe, expect, test } from '@jest/globals';
import type { InvoiceStore } from '../../contexts/finance/application/ports.ts';
import type { Invoice, PaymentTerms } from '../../contexts/finance/domain/invoice.ts';
import type { TenantRef } from '../../contexts/shared/application/route.ts';

export interface InvoiceStoreUnderTest {
  readonly store: InvoiceStore;
  /** Two tenants that have the module, without invoices. */
  readonly tenant: TenantRef;
  readonly other: TenantRef;
  /** From 2.0.0 on. */
  readonly namesCards: boolean;
}

const at = new Date('2026-01-01T00:00:00Z');
const due = new Date('2026-01-31T00:00:00Z');
const later = new Date('2026-06-01T00:00:00Z');
const id = (n: number) => `01K${String(n).padStart(23, '0')}`;

/** What every InvoiceStore keeps, in memory or in PostgreSQL. */
export const keepsTheInvoiceStoreContract = (name: string, open: () => Promise<InvoiceStoreUnderTest>): void => {
  describe(`The ${name} invoice store`, () => {
    let under: InvoiceStoreUnderTest;
    let terms: PaymentTerms | undefined;
    beforeEach(async () => {
      under = await open();
      terms = await under.store.change(under.tenant, undefined, (changes) => changes.terms(undefined));
    });
    const anInvoice = (n: number, more: Partial<Invoice> = {}): Invoice => ({
      id: id(n),
      memberNumber: `M-${n}`,
      description: 'Fee "2026" – O’Neil',
      amount: 12_000,
      currency: 'EUR',
      paid: 0,
      termsId: terms?.id ?? '',
      issuedAt: at,
      dueAt: due,
      ...more,
    });
    const add = (...invoices: readonly Invoice[]) =>
      under.store.change(under.tenant, undefined, async (changes) => {
        for (const invoice of invoices) await changes.add(invoice);
      });

    test('gives an invoice back as it was put in, and to no other tenant', async () => {
      await add(anInvoice(1));
      expect(await under.store.invoice(under.tenant, id(1))).toEqual(anInvoice(1));
      expect(await under.store.invoice(under.tenant, id(9))).toBeUndefined();
      expect(await under.store.invoice(under.other, id(1))).toBeUndefined();
      expect(await under.store.invoices(under.other, { limit: 9 }, at)).toEqual([]);
    });

    test('keeps the card of an invoice where it has a place for it, and says what it kept', async () => {
      const added = await under.store.change(under.tenant, undefined, (changes) => changes.add(anInvoice(1, { cardNumber: 7 })));
      expect(added).toEqual(anInvoice(1, under.namesCards ? { cardNumber: 7 } : {}));
      expect(await under.store.invoice(under.tenant, id(1))).toEqual(added);
    });

    test('lists the newest first, page by page, by status and by member', async () => {
      await add(anInvoice(1), anInvoice(2, { paid: 12_000 }), anInvoice(3, { dueAt: later }));
      const ids = async (page: Parameters<InvoiceStore['invoices']>[1], now = at) =>
        (await under.store.invoices(under.tenant, page, now)).map((invoice) => invoice.id);
      expect(await ids({ limit: 2 })).toEqual([id(3), id(2)]);
      expect(await ids({ limit: 2, after: id(2) })).toEqual([id(1)]);
      expect(await ids({ limit: 9, status: 'open' })).toEqual([id(3), id(1)]);
      expect(await ids({ limit: 9, status: 'open' }, due)).toEqual([id(3), id(1)]);
      expect(await ids({ limit: 9, status: 'overdue' }, later)).toEqual([id(1)]);
      expect(await ids({ limit: 9, status: 'paid' })).toEqual([id(2)]);
      expect(await ids({ limit: 9, memberNumber: 'M-3' })).toEqual([id(3)]);
    });

    test('keeps a payment and what it leaves open together', async () => {
      await add(anInvoice(1));
      const payment = { id: id(5), invoiceId: id(1), amount: 5_000, receivedAt: later, recordedBy: 'ada' };
      await under.store.change(under.tenant, undefined, async (changes) => {
        const invoice = await changes.invoice(id(1));
        if (invoice !== undefined) await changes.pay(payment, { ...invoice, paid: 5_000 });
      });
      expect(await under.store.invoice(under.tenant, id(1))).toEqual(anInvoice(1, { paid: 5_000 }));
      expect(await under.store.payments(under.tenant, id(1))).toEqual([payment]);
      expect(await under.store.payments(under.tenant, id(2))).toEqual([]);
    });

    test('finds the default terms, and those with an id', async () => {
      expect(terms).toMatchObject({ days: 30, isDefault: true });
      await under.store.change(under.tenant, undefined, async (changes) => {
        expect(await changes.terms(terms?.id)).toEqual(terms);
        expect(await changes.terms(id(9))).toBeUndefined();
        expect(await changes.invoice(id(9))).toBeUndefined();
      });
    });

    test('does the work of a key once, and keeps nothing of work that failed', async () => {
      const key = { id: 'k', bodyHash: 'a' };
      const once = (n: number, fails = false) =>
        under.store.change(under.tenant, key, async (changes) => {
          await changes.add(anInvoice(n));
          if (fails) throw new Error('no');
          return { added: n };
        });
      await expect(once(1, true)).rejects.toThrow('no');
      expect(await under.store.invoice(under.tenant, id(1))).toBeUndefined();
      expect(await once(2)).toEqual({ added: 2 });
      expect(await once(3)).toEqual({ added: 2 });
      expect(await under.store.invoice(under.tenant, id(3))).toBeUndefined();
    });
  });
};
