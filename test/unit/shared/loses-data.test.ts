import { describe, expect, test } from '@jest/globals';
import { losesData, type MigrationRun } from '../../../contexts/shared/application/loses-data.ts';

const down = (sql: string): MigrationRun => ({ kind: 'transactional', direction: 'down', statements: [{ sql }] });

describe('What loses data', () => {
  test.each([
    'drop table "shop"."items"',
    'alter table "shop"."items" drop column "name"',
    'ALTER TABLE shop.items DROP name',
    'alter table "shop"."items" alter column "id" type integer',
    'ALTER TABLE shop.items ALTER id SET DATA TYPE integer',
    'delete from "shop"."items"',
    'TRUNCATE shop.items',
    'drop type shop.mood',
    "DO $$ BEGIN DELETE FROM shop.items WHERE name = 'x'; END $$",
  ])('is %s', (sql) => {
    expect(losesData(down(sql))).toBe(true);
  });

  test.each([
    'drop index concurrently if exists "shop"."items_name"',
    'drop view shop.v',
    'drop materialized view shop.v',
    'alter table "shop"."items" drop constraint "few"',
    'alter table "shop"."items" alter column "name" drop not null',
    'alter table "shop"."items" alter column "name" drop default',
    'alter table "shop"."items" add column "name" text',
    `comment on table shop.items is 'drop table and delete from'`,
    'select 1 -- truncate\n',
    `update shop.items set name = lower(name)`,
  ])('is not %s', (sql) => {
    expect(losesData(down(sql))).toBe(false);
  });

  test('is the up of a contract migration, whatever it runs, and not its down', () => {
    const statements = [{ sql: 'alter table "shop"."items" alter column "name" set not null' }];
    expect(losesData({ kind: 'contract', direction: 'up', statements })).toBe(true);
    expect(losesData({ kind: 'contract', direction: 'down', statements })).toBe(false);
  });
});
