import { type Kysely, sql } from 'kysely';
import { onceForKey } from '../../shared/adapters/idempotency.ts';
import { kyselyOver, type Queryable } from '../../shared/application/database.ts';
import type { ModuleApiPorts } from '../../shared/application/route.ts';
import { Defect } from '../../shared/domain/errors.ts';
import type { InvoiceChanges, InvoicePage, InvoiceStore } from '../application/ports.ts';
import type { Invoice, Payment, PaymentTerms } from '../domain/invoice.ts';
import type { InvoiceRow, InvoiceTables, PaymentRow, TermsRow } from './invoice-tables.ts';

const schema = 'finance';

/** Invoices in the tenant's own database, in the schema of the module. */
export const makeSqlInvoiceStore = ({ database, clock }: Pick<ModuleApiPorts, 'database' | 'clock'>): InvoiceStore => ({
  invoice: async (tenant, id) => {
    const row = await tables(database(tenant)).selectFrom('invoices').selectAll().where('id', '=', id).executeTakeFirst();
    return row === undefined ? undefined : toInvoice(row);
  },
  invoices: async (tenant, page, at) => (await listed(database(tenant), page, at)).map(toInvoice),
  payments: async (tenant, invoiceId) => {
    const query = tables(database(tenant)).selectFrom('payments').selectAll().where('invoice_id', '=', invoiceId);
    return (await query.orderBy('id').limit(100).execute()).map(toPayment);
  },
  change: (tenant, key, work) =>
    database(tenant).transaction((transaction) =>
      onceForKey({ transaction, scope: schema, key, at: clock.now(), work: () => work(changes(transaction)) }),
    ),
});

const tables = (queryable: Queryable): Kysely<InvoiceTables> => kyselyOver<InvoiceTables>(queryable).withSchema(schema);

const listed = (database: Queryable, { limit, after, status, memberNumber }: InvoicePage, at: Date): Promise<readonly InvoiceRow[]> => {
  let query = tables(database).selectFrom('invoices').selectAll().orderBy('id', 'desc').limit(limit);
  if (after !== undefined) query = query.where('id', '<', after);
  if (memberNumber !== undefined) query = query.where('member_number', '=', memberNumber);
  if (status !== undefined) query = query.whereRef('paid', status === 'paid' ? '=' : '<', 'amount');
  if (status === 'open') query = query.where('due_at', '>=', at);
  if (status === 'overdue') query = query.where('due_at', '<', at);
  return query.execute();
};

const changes = (transaction: Queryable): InvoiceChanges => {
  const db = tables(transaction);
  return {
    invoice: async (id) => {
      const row = await db.selectFrom('invoices').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
      return row === undefined ? undefined : toInvoice(row);
    },
    terms: async (id) => {
      const query = db.selectFrom('payment_terms').selectAll();
      const row = await (id === undefined ? query.where('is_default', '=', true) : query.where('id', '=', id)).executeTakeFirst();
      return row === undefined ? undefined : toTerms(row);
    },
    add: async (invoice) => {
      const { rows } = await insertAsTableIs(db, toRow(invoice));
      const [row] = rows;
      if (row === undefined) throw new Defect('an invoice was added, and PostgreSQL answered no row');
      return toInvoice(row);
    },
    pay: async ({ id, invoiceId, amount, receivedAt, recordedBy }, { paid }) => {
      const payment = { id, invoice_id: invoiceId, amount, received_at: receivedAt, recorded_by: recordedBy };
      await db.insertInto('payments').values(payment).execute();
      await db.updateTable('invoices').set({ paid }).where('id', '=', invoiceId).execute();
    },
  };
};

/** Whichever of its columns the table has: before 2.0.0 there is no place for a card. */
const insertAsTableIs = (db: Kysely<InvoiceTables>, row: InvoiceRow) =>
  sql<InvoiceRow>`INSERT INTO finance.invoices
    SELECT * FROM jsonb_populate_record(CAST(NULL AS finance.invoices), ${row}) RETURNING *`.execute(db);

const toRow = (invoice: Invoice): InvoiceRow => ({
  id: invoice.id,
  member_number: invoice.memberNumber,
  description: invoice.description,
  amount: invoice.amount,
  currency: invoice.currency,
  paid: invoice.paid,
  terms_id: invoice.termsId,
  issued_at: invoice.issuedAt,
  due_at: invoice.dueAt,
  card_number: invoice.cardNumber ?? null,
});

const toInvoice = (row: InvoiceRow): Invoice => ({
  id: row.id,
  memberNumber: row.member_number,
  description: row.description,
  amount: row.amount,
  currency: row.currency,
  paid: row.paid,
  termsId: row.terms_id,
  issuedAt: row.issued_at,
  dueAt: row.due_at,
  ...(row.card_number === undefined || row.card_number === null ? {} : { cardNumber: row.card_number }),
});

const toPayment = ({ id, invoice_id, amount, received_at, recorded_by }: PaymentRow): Payment => ({
  id,
  invoiceId: invoice_id,
  amount,
  receivedAt: received_at,
  recordedBy: recorded_by,
});

const toTerms = ({ id, name, days, is_default }: TermsRow): PaymentTerms => ({ id, name, days, isDefault: is_default });
