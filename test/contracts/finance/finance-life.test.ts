import { expect, test } from '@jest/globals';
import { makeSqlInvoiceStore } from '../../../contexts/finance/adapters/sql-invoice-store.ts';
import type { Invoice } from '../../../contexts/finance/domain/invoice.ts';
import { declaration } from '../../../contexts/finance/migrator.ts';
import { installModule } from '../../support/installed-module.ts';
import { startStand } from '../../support/tenant-stand.ts';

const stand = startStand();
const at = new Date('2026-01-01T00:00:00Z');
const id = (n: number) => `01K${String(n).padStart(23, '0')}`;

const anInvoice = (n: number, more: Partial<Invoice> = {}): Invoice => ({
  id: id(n),
  memberNumber: 'M-1',
  description: 'Fee',
  amount: 100,
  currency: 'EUR',
  paid: 0,
  termsId: '00000000000000000000000001',
  issuedAt: at,
  dueAt: at,
  ...more,
});

test('finance keeps its invoices and payments when it is upgraded, and loses the cards and nothing else when it is downgraded', async () => {
  const { database, tenant, upgrade, migrator, fingerprint } = await installModule(stand, declaration, '1.0.0');
  const store = makeSqlInvoiceStore({ database, clock: { now: () => at } });
  const add = (invoice: Invoice) => store.change(tenant, undefined, (changes) => changes.add(invoice));
  const all = () => store.invoices(tenant, { limit: 9 }, at);
  const payment = { id: id(9), invoiceId: id(1), amount: 40, receivedAt: at, recordedBy: 'ada' };
  const before = await fingerprint();
  await add(anInvoice(1));
  await store.change(tenant, undefined, (changes) => changes.pay(payment, anInvoice(1, { paid: 40 })));

  await upgrade('2.0.0');
  expect(await all()).toEqual([anInvoice(1, { paid: 40 })]);
  await add(anInvoice(2, { cardNumber: 7 }));
  expect(await all()).toEqual([anInvoice(2, { cardNumber: 7 }), anInvoice(1, { paid: 40 })]);

  await migrator.all('downgradeForTenant', { id: stand.other, fence: 1, from: '2.0.0', to: '1.0.0' });
  expect(await fingerprint()).toBe(before);
  expect(await all()).toEqual([anInvoice(2), anInvoice(1, { paid: 40 })]);
  expect(await store.payments(tenant, id(1))).toEqual([payment]);
});
