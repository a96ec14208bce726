import { describe, expect, test } from '@jest/globals';
import { blueprintDifferences, type TableBlueprint, traitsOf } from '../../../contexts/shared/application/blueprint.ts';
import { createDeclaredTable } from '../../../contexts/shared/application/declared-table.ts';
import { dryRun, dryRunDown } from '../../../contexts/shared/application/dry-run.ts';

const orders: TableBlueprint = {
  name: 'orders',
  scope: 'tenant',
  columns: {
    id: { type: 'text' },
    customer: { type: 'text', nullable: true },
    placed_at: { type: 'timestamp with time zone', default: 'now()' },
  },
  primaryKey: ['id'],
  indexes: [{ name: 'orders_open', on: ['customer', 'placed_at DESC'], unique: true, where: 'customer IS NOT NULL' }],
  foreignKeys: [{ columns: ['customer'], table: 'customers', references: ['id'], onDelete: 'SET NULL' }],
  checks: { orders_id_is_long: 'length(id) = 26' },
};

describe('A declared table', () => {
  test('is made with all that its blueprint says, and dropped', async () => {
    const migration = createDeclaredTable(3, orders);

    expect([migration.number, migration.name]).toEqual([3, 'create_orders']);
    expect((await dryRun('shop', migration)).map(({ sql }) => sql)).toEqual([
      'create table "shop"."orders" ("id" text not null, "customer" text, "placed_at" timestamp with time zone default now() not null, constraint "orders_pkey" primary key ("id"), constraint "orders_customer_fkey" foreign key ("customer") references "shop"."customers" ("id") on delete set null, constraint "orders_id_is_long" check (length(id) = 26))',
      'create unique index "orders_open" on "shop"."orders" (customer, placed_at DESC) where customer IS NOT NULL',
    ]);
    expect((await dryRunDown('shop', migration)).map(({ sql }) => sql)).toEqual(['drop table "shop"."orders"']);
  });
});

describe('A database', () => {
  test('that is as its blueprint says differs in nothing, whatever other tables stand there', () => {
    const other = { table: 'other', kind: 'column', name: 'id', says: 'text' } as const;

    expect(blueprintDifferences([orders], [...traitsOf(orders), other])).toEqual([]);
  });

  test('without the table says nothing of its columns', () => {
    expect(blueprintDifferences([orders], [])).toEqual([]);
  });

  test.each([
    ['a column gone', { kind: 'column', name: 'customer' }, undefined, 'column orders.customer is missing: the blueprint says text'],
    ['another type', { kind: 'column', name: 'id' }, 'integer', 'column orders.id is integer: the blueprint says text not null'],
    ['another key', { kind: 'primary key', name: '' }, '(customer)', 'primary key of orders is (customer): the blueprint says (id)'],
    [
      'an index gone',
      { kind: 'index', name: 'orders_open' },
      undefined,
      'index orders_open of orders is missing: the blueprint says unique btree (customer, placed_at DESC) WHERE (customer IS NOT NULL)',
    ],
    [
      'a key that forgets',
      { kind: 'foreign key', name: 'customer' },
      'customers(id)',
      'foreign key orders(customer) is customers(id): the blueprint says customers(id) ON DELETE SET NULL',
    ],
    [
      'an unchecked check',
      { kind: 'check', name: 'orders_id_is_long' },
      'not valid',
      'check orders_id_is_long of orders is not valid: the blueprint says valid',
    ],
  ])('with %s is told so', (_, { kind, name }, says, difference) => {
    const found = traitsOf(orders).flatMap((trait) => {
      if (trait.kind !== kind || trait.name !== name) return [trait];
      return says === undefined ? [] : [{ ...trait, says }];
    });

    expect(blueprintDifferences([orders], found)).toEqual([difference]);
  });

  test('with more than the blueprint says is told so', () => {
    const more = { table: 'orders', kind: 'column', name: 'note', says: 'text' } as const;

    expect(blueprintDifferences([orders], [...traitsOf(orders), more])).toEqual(['column orders.note is not in the blueprint']);
  });
});
