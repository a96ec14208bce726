import * as z from 'zod';
import { newestFirst, pageView, viewPage } from '../../shared/application/newest-first.ts';
import { defineRoute, type Route, type RouteRequest, readers, type TenantRef, writers } from '../../shared/application/route.ts';
import { line, prose } from '../../shared/application/texts.ts';
import { Ulid } from '../../shared/domain/names.ts';
import { InvoiceView, PaymentRequestView, PaymentView } from './invoice-view.ts';
import {
  type Command,
  type InvoicePorts,
  makeIssueInvoice,
  makeListInvoices,
  makeReadInvoice,
  makeRecordPayment,
  makeSignPaymentRequest,
} from './invoices.ts';

/** The API of finance. Whether the module is installed for the tenant was asked before any of this runs. */
export const invoiceRoutes = (ports: InvoicePorts): readonly Route[] => [
  issue(ports),
  list(ports),
  read(ports),
  pay(ports),
  askForPayment(ports),
];

const tags = ['Invoices'];
const params = z.strictObject({ invoice: Ulid });
const Amount = z.int().positive().max(2_000_000_000).describe('In the smallest unit of the currency.');
const MemberNumber = line(100);

const commandOf = ({ tenant, caller, idempotency }: RouteRequest<TenantRef>): Command => ({ tenant, by: caller.subject, key: idempotency });

const issue = (ports: InvoicePorts): Route =>
  defineRoute({
    method: 'POST',
    path: '/tenants/{tenant}/invoices',
    operationId: 'createInvoice',
    summary: 'Issue an invoice',
    tags,
    roles: writers,
    body: z.strictObject({
      memberNumber: MemberNumber,
      description: prose(500),
      amount: Amount,
      currency: z
        .string()
        .regex(/^[A-Z]{3}$/, 'a currency is three capital letters, like EUR')
        .optional()
        .describe('The one that the tenant keeps its books in, as configured, unless given.'),
      cardNumber: z.int().positive().max(2_147_483_647).optional().describe('The card that it is to be paid with; from version 2.0.0 on.'),
      terms: Ulid.optional().describe('The default payment terms unless given.'),
    }),
    bodyExample: { memberNumber: 'M-1815', description: 'Membership fee 2026', amount: 12_000, currency: 'EUR' },
    answers: { 201: { description: 'The invoice.', schema: InvoiceView, headers: { location: 'The path of the invoice.' } } },
    refusals: { 422: 'No such payment terms, or a card before version 2.0.0.' },
    handle: async (request) => {
      const invoice = await makeIssueInvoice(ports)(commandOf(request), request.body);
      return { status: 201, body: invoice, headers: { location: `/api/v1/tenants/${request.tenant.slug}/invoices/${invoice.id}` } };
    },
  });

const list = (ports: InvoicePorts): Route =>
  defineRoute({
    method: 'GET',
    path: '/tenants/{tenant}/invoices',
    operationId: 'listInvoices',
    summary: 'List the invoices, newest first',
    tags,
    roles: readers,
    query: z.strictObject({
      ...newestFirst,
      status: z.enum(['open', 'overdue', 'paid']).optional(),
      memberNumber: MemberNumber.optional(),
    }),
    answers: { 200: { description: 'A page of invoices; `cursor` is there while more may follow.', schema: pageView(InvoiceView) } },
    handle: async ({ tenant, query: { limit, cursor, ...filter } }) => {
      const items = await makeListInvoices(ports)(tenant, { limit, after: cursor, ...filter });
      return { status: 200, body: viewPage(items, limit) };
    },
  });

const read = (ports: InvoicePorts): Route =>
  defineRoute({
    method: 'GET',
    path: '/tenants/{tenant}/invoices/{invoice}',
    operationId: 'getInvoice',
    summary: 'Read an invoice and its payments',
    tags,
    roles: readers,
    params,
    answers: { 200: { description: 'The invoice.', schema: InvoiceView.extend({ payments: z.array(PaymentView) }) } },
    refusals: { 404: 'No such invoice.' },
    handle: async ({ tenant, params: { invoice } }) => ({ status: 200, body: await makeReadInvoice(ports)(tenant, invoice) }),
  });

const pay = (ports: InvoicePorts): Route =>
  defineRoute({
    method: 'POST',
    path: '/tenants/{tenant}/invoices/{invoice}/payments',
    operationId: 'recordPayment',
    summary: 'Record a payment',
    tags,
    roles: writers,
    params,
    body: z.strictObject({ amount: Amount }),
    bodyExample: { amount: 12_000 },
    answers: { 201: { description: 'The invoice as it is now.', schema: InvoiceView } },
    refusals: { 404: 'No such invoice.', 422: 'More than is open.' },
    handle: async (request) => ({
      status: 201,
      body: await makeRecordPayment(ports)(commandOf(request), request.params.invoice, request.body.amount),
    }),
  });

const askForPayment = (ports: InvoicePorts): Route =>
  defineRoute({
    method: 'GET',
    path: '/tenants/{tenant}/invoices/{invoice}/payment-request',
    operationId: 'getPaymentRequest',
    summary: 'What a member takes to the payment provider to pay an invoice, signed with the tenant’s key',
    tags,
    roles: writers,
    params,
    answers: { 200: { description: 'The signed request.', schema: PaymentRequestView } },
    refusals: { 404: 'No such invoice.', 409: 'The invoice is paid.', 422: 'The tenant has set no key at a payment provider.' },
    handle: async ({ tenant, params: { invoice } }) => ({ status: 200, body: await makeSignPaymentRequest(ports)(tenant, invoice) }),
  });
