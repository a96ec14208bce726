import { createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { hmac } from '../../../contexts/finance/adapters/hmac.ts';
import { declaration } from '../../../contexts/finance/api.ts';
import { invoiceRoutes } from '../../../contexts/finance/application/invoice-routes.ts';
import { InvoiceView } from '../../../contexts/finance/application/invoice-view.ts';
import { makeMemoryInvoiceStore } from '../../support/memory-invoice-store.ts';
import { makeRoutesBench, untouched } from '../../support/routes-bench.ts';

const terms = { id: '01K0000000000000000000TERM', name: 'Within 30 days', days: 30, isDefault: true };
const nothing = '01K00000000000000000000099';
const order = { memberNumber: 'M-1', description: 'Fee', amount: 100, currency: 'EUR' };

interface Given {
  readonly namesCards?: boolean;
  readonly currency?: string;
  readonly key?: string;
}

const anApi = ({ currency = 'CHF', key, ...options }: Given = {}) => {
  const store = makeMemoryInvoiceStore(terms, options);
  const { send, time } = makeRoutesBench((ports) =>
    invoiceRoutes({ ...ports, store, configuration: async () => ({ currency }), providerKey: async () => key, sign: hmac }),
  );
  const issue = async (more: object = {}) => InvoiceView.parse((await send('createInvoice', { body: { ...order, ...more } })).body);
  const pay = (invoice: string, amount: number) => send('recordPayment', { params: { invoice }, body: { amount } });
  return { send, time, issue, pay };
};

describe('The API of finance', () => {
  test('declares its routes without touching anything, each under its tenant', () => {
    expect(declaration.routes(untouched).map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /tenants/{tenant}/invoices',
      'GET /tenants/{tenant}/invoices',
      'GET /tenants/{tenant}/invoices/{invoice}',
      'POST /tenants/{tenant}/invoices/{invoice}/payments',
      'GET /tenants/{tenant}/invoices/{invoice}/payment-request',
    ]);
  });

  test('issues an invoice, says where it is, and reads it back', async () => {
    const { send } = anApi();
    const { status, body, headers } = await send('createInvoice', { body: order });
    const invoice = InvoiceView.parse(body);
    expect(status).toBe(201);
    expect(invoice).toMatchObject({ ...order, paid: 0, status: 'open', terms: terms.id, dueAt: '2026-01-31T00:00:00.000Z' });
    expect(headers).toEqual({ location: `/api/v1/tenants/acme/invoices/${invoice.id}` });
    expect((await send('getInvoice', { params: { invoice: invoice.id } })).body).toEqual({ ...invoice, payments: [] });
  });

  test('issues an invoice in the currency that the tenant has configured, unless it names another', async () => {
    const { issue } = anApi({ currency: 'SEK' });
    expect(await issue({ currency: undefined })).toMatchObject({ currency: 'SEK' });
    expect(await issue({ currency: 'USD' })).toMatchObject({ currency: 'USD' });
  });

  test('names the card that an invoice is to be paid with, where the tenant’s version can', async () => {
    expect(await anApi().issue({ cardNumber: 7 })).toMatchObject({ cardNumber: 7 });
    const old = anApi({ namesCards: false });
    await expect(old.issue({ cardNumber: 7 })).rejects.toMatchObject({
      refusal: { kind: 'unprocessable', reason: 'invoice-names-no-card' },
    });
    await old.issue();
    expect((await old.send('listInvoices')).body).toMatchObject({ items: [{ amount: 100 }] });
  });

  test('signs what is open of an invoice with the key at the payment provider, which is not shown', async () => {
    const { send, issue, pay } = anApi({ key: 'pk-of-acme' });
    const { id } = await issue();
    await pay(id, 60);
    const { status, body } = await send('getPaymentRequest', { params: { invoice: id } });
    const signature = createHmac('sha256', 'pk-of-acme').update(`${id}.40.EUR`).digest('hex');
    expect([status, body]).toEqual([200, { reference: id, amount: 40, currency: 'EUR', signature }]);
  });

  test.each([
    ['without a key, and says where it is set', undefined, 40, 'unprocessable', 'payment-provider-key-missing', /PATCH .*modules\/finance/],
    ['of an invoice that is paid', 'pk-of-acme', 100, 'conflict', 'nothing-to-pay', /is paid/],
  ] as const)('signs nothing %s', async (_, key, paid, kind, reason, words) => {
    const { send, issue, pay } = anApi(key === undefined ? {} : { key });
    const { id } = await issue();
    await pay(id, paid);
    const asked = send('getPaymentRequest', { params: { invoice: id } });
    await expect(asked).rejects.toMatchObject({ refusal: { kind, reason, message: expect.stringMatching(words) } });
  });

  test('records payments until all is paid, and not a cent more', async () => {
    const { send, issue, pay } = anApi();
    const { id } = await issue();
    expect(await pay(id, 60)).toMatchObject({ status: 201, body: { paid: 60, status: 'open' } });
    await expect(pay(id, 41)).rejects.toMatchObject({
      refusal: { kind: 'unprocessable', reason: 'payment-exceeds-invoice', facts: { open: 40 } },
    });
    expect(await pay(id, 40)).toMatchObject({ body: { paid: 100, status: 'paid' } });
    expect((await send('getInvoice', { params: { invoice: id } })).body).toMatchObject({ payments: [{ amount: 60 }, { amount: 40 }] });
  });

  test('refuses terms and an invoice that are not there', async () => {
    const { send, issue, pay } = anApi();
    await expect(issue({ terms: nothing })).rejects.toMatchObject({ refusal: { reason: 'payment-terms-not-found' } });
    await expect(pay(nothing, 1)).rejects.toMatchObject({ refusal: { kind: 'not-found', reason: 'invoice-not-found' } });
    await expect(send('getInvoice', { params: { invoice: nothing } })).rejects.toMatchObject({ refusal: { reason: 'invoice-not-found' } });
  });

  test.each([
    [{ amount: 0 }],
    [{ amount: 1.5 }],
    [{ amount: 2_000_000_001 }],
    [{ currency: 'euro' }],
    [{ memberNumber: ' ' }],
    [{ memberNumber: 'a\0' }],
    [{ description: '\ud83d' }],
  ])('takes no order with %j', async (more) => {
    await expect(anApi().issue(more)).rejects.toMatchObject({ issues: [{ path: Object.keys(more) }] });
  });

  test('lists invoices page by page, by status and by member', async () => {
    const { send, time, issue, pay } = anApi();
    const first = await issue();
    await issue({ memberNumber: 'M-2' });
    await pay(first.id, 100);
    time.now = new Date('2026-03-01T00:00:00Z');
    const items = async (query: object) => (await send('listInvoices', { query })).body;
    expect(await items({ status: 'overdue' })).toMatchObject({ items: [{ memberNumber: 'M-2', status: 'overdue' }] });
    expect(await items({ memberNumber: 'M-1' })).toMatchObject({ items: [{ id: first.id, status: 'paid' }] });
    const page = (await items({ limit: '1' })) as { cursor: string };
    expect(await items({ limit: '1', cursor: page.cursor })).toMatchObject({ items: [{ id: first.id }] });
  });
});
