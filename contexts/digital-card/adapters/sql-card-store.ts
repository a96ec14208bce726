import { type Kysely, sql } from 'kysely';
import { onceForKey } from '../../shared/adapters/idempotency.ts';
import { type Database, kyselyOver, type Queryable } from '../../shared/application/database.ts';
import type { ModuleApiPorts } from '../../shared/application/route.ts';
import type { CardChanges, CardPage, CardStore } from '../application/ports.ts';
import type { Card, CardTemplate } from '../domain/card.ts';
import type { CardRow, CardTables, TemplateRow, ValidationRow } from './card-tables.ts';

/** Cards in the tenant's own database, in the schema of the module. */
export const makeSqlCardStore = ({ database, clock }: Pick<ModuleApiPorts, 'database' | 'clock'>): CardStore => ({
  card: async (tenant, id) => {
    const row = await tables(database(tenant)).selectFrom('digital_cards').selectAll().where('id', '=', id).executeTakeFirst();
    return row === undefined ? undefined : toCard(row);
  },
  cards: async (tenant, page, at) => (await listed(database(tenant), page, at)).map(toCard),
  templates: async (tenant) => {
    const rows = await tables(database(tenant)).selectFrom('card_templates').selectAll().orderBy('name').limit(100).execute();
    return rows.map(toTemplate);
  },
  change: (tenant, key, work) =>
    database(tenant).transaction((transaction) =>
      onceForKey({ transaction, scope: schema, key, at: clock.now(), work: () => work(changes(transaction)) }),
    ),
});

const schema = 'digital_card';

const tables = (queryable: Queryable): Kysely<CardTables> => kyselyOver<CardTables>(queryable).withSchema(schema);

const listed = (database: Database, { limit, after, status }: CardPage, at: Date): Promise<readonly CardRow[]> => {
  let query = tables(database).selectFrom('digital_cards').selectAll().orderBy('id', 'desc').limit(limit);
  if (after !== undefined) query = query.where('id', '<', after);
  if (status === 'revoked') query = query.where('revoked_at', 'is not', null);
  if (status === 'expired') query = query.where('revoked_at', 'is', null).where('expires_at', '<=', at);
  if (status === 'active')
    query = query.where('revoked_at', 'is', null).where((is) => is.or([is('expires_at', 'is', null), is('expires_at', '>', at)]));
  return query.execute();
};

const changes = (transaction: Queryable): CardChanges => {
  const db = tables(transaction);
  return {
    card: async (id) => {
      const row = await db.selectFrom('digital_cards').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
      return row === undefined ? undefined : toCard(row);
    },
    cardByCode: async (code) => {
      const row = await db.selectFrom('digital_cards').selectAll().where('code', '=', code).executeTakeFirst();
      return row === undefined ? undefined : toCard(row);
    },
    template: async (id) => {
      const query = db.selectFrom('card_templates').selectAll();
      const row = await (id === undefined ? query.where('is_default', '=', true) : query.where('id', '=', id)).executeTakeFirst();
      return row === undefined ? undefined : toTemplate(row);
    },
    add: async (card) => {
      return toCard(await db.insertInto('digital_cards').values(toRow(card)).returningAll().executeTakeFirstOrThrow());
    },
    replace: async (card) => {
      const { id, ...row } = toRow(card);
      await db.updateTable('digital_cards').set(row).where('id', '=', id).execute();
    },
    addValidation: async ({ id, cardId, outcome, at, by }) => {
      await insertAsTableIs(db, { id, card_id: cardId ?? null, outcome, validated_at: at, validated_by: by });
    },
  };
};

/** Whichever of its columns the table has: until 2.0.0 it wants to know who validated, and from then on there is no place for it. */
const insertAsTableIs = (db: Kysely<CardTables>, row: ValidationRow): Promise<unknown> =>
  sql`INSERT INTO digital_card.card_validations
    SELECT * FROM jsonb_populate_record(CAST(NULL AS digital_card.card_validations), ${row})`.execute(db);

const toRow = (card: Card): CardRow => ({
  id: card.id,
  code: card.code,
  template_id: card.templateId,
  holder_name: card.holder.name,
  holder_reference: card.holder.reference ?? null,
  attributes: card.attributes,
  issued_at: card.issuedAt,
  issued_by: card.issuedBy,
  expires_at: card.expiresAt ?? null,
  revoked_at: card.revoked?.at ?? null,
  revoked_reason: card.revoked?.reason ?? null,
  version: card.version,
});

const toCard = (row: CardRow): Card => ({
  id: row.id,
  code: row.code,
  templateId: row.template_id,
  holder: { name: row.holder_name, ...(row.holder_reference === null ? {} : { reference: row.holder_reference }) },
  attributes: row.attributes,
  issuedAt: row.issued_at,
  issuedBy: row.issued_by,
  version: row.version,
  ...(row.number === undefined || row.number === null ? {} : { number: row.number }),
  ...(row.expires_at === null ? {} : { expiresAt: row.expires_at }),
  ...(row.revoked_at === null
    ? {}
    : { revoked: { at: row.revoked_at, ...(row.revoked_reason === null ? {} : { reason: row.revoked_reason }) } }),
});

const toTemplate = ({ id, name, layout, validity_days, is_default }: TemplateRow): CardTemplate => ({
  id,
  name,
  layout,
  isDefault: is_default,
  ...(validity_days === null ? {} : { validityDays: validity_days }),
});
