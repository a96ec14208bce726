import { describe, expect, test } from '@jest/globals';
import { roundTripFaults } from '../../../contexts/shared/application/round-trip.ts';

describe('A round trip', () => {
  test.each([
    [
      'a column that stays',
      'ALTER TABLE shop.orders ADD a text, ADD COLUMN "b" text',
      'ALTER TABLE shop.orders DROP b',
      'column orders.a is left behind by down',
    ],
    ['a table that stays', 'CREATE TABLE shop.lines (id text)', 'SELECT 1', 'table lines is left behind by down'],
    [
      'a column that does not come again',
      'ALTER TABLE shop.orders DROP COLUMN at',
      'SELECT 1',
      'column orders.at is not there again after down',
    ],
    [
      'a constraint that stays',
      'ALTER TABLE shop.orders ADD CONSTRAINT c CHECK (true) NOT VALID',
      'SELECT 1',
      'constraint orders.c is left behind by down',
    ],
    ['an index that stays', 'CREATE UNIQUE INDEX i ON shop.orders (at)', 'SELECT 1', 'index i is left behind by down'],
    ['a name that stays', 'ALTER TABLE shop.orders RENAME COLUMN at TO day', 'SELECT 1', 'column orders.at is not there again after down'],
    ['a table under its new name', 'ALTER TABLE shop.orders RENAME TO o', 'SELECT 1', 'table orders is not there again after down'],
    ['a type that stays', "CREATE TYPE shop.state AS ENUM ('a')", 'SELECT 1', 'type state is left behind by down'],
    ['more than up made', 'SELECT 1', 'ALTER TABLE shop.orders DROP COLUMN at', 'column orders.at is not there again after down'],
  ])('finds %s', (_, up, down, fault) => {
    expect(roundTripFaults([up], [down])[0]).toEqual({ rule: 'round-trip', message: fault });
  });

  test.each([
    [
      'what goes with its table',
      ['CREATE TABLE shop.l (id text)', 'CREATE INDEX i ON shop.l (id)', 'ALTER TABLE shop.l ADD b text'],
      ['DROP TABLE IF EXISTS shop.l CASCADE'],
    ],
    ['what comes again with its table', ['DROP TABLE shop.l'], ['CREATE TABLE shop.l (id text)', 'CREATE INDEX i ON shop.l (id)']],
    [
      'what goes with its column',
      ['ALTER TABLE shop.orders ADD n integer, ADD CONSTRAINT c CHECK (n > 0) NOT VALID', 'CREATE SEQUENCE shop.s OWNED BY shop.orders.n'],
      ['ALTER TABLE shop.orders DROP COLUMN n'],
    ],
    [
      'a name that comes again',
      ['ALTER TABLE shop.orders RENAME TO o', 'ALTER TABLE shop.o RENAME at TO day'],
      ['ALTER TABLE shop.o RENAME day TO at', 'ALTER TABLE shop.o RENAME TO orders'],
    ],
    ['several at once', ['CREATE TABLE shop.a (id text)', 'CREATE TABLE shop.b (id text)'], ['DROP TABLE shop.b, shop.a']],
    [
      'what is changed in place',
      ['ALTER TABLE shop.orders ALTER COLUMN at SET NOT NULL'],
      ['ALTER TABLE shop.orders ALTER COLUMN at DROP NOT NULL'],
    ],
  ])('lets pass %s', (_, up, down) => {
    expect(roundTripFaults(up, down)).toEqual([]);
  });
});
