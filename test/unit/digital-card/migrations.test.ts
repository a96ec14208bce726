import { describe, expect, test } from '@jest/globals';
import { declaration } from '../../../contexts/digital-card/migrator.ts';
import { checksumOf, dryRun, dryRunDown } from '../../../contexts/shared/application/dry-run.ts';

const later = declaration.tenant.slice(3);
const sqlOf = async (run: typeof dryRun) =>
  (await Promise.all(later.map((migration) => run('digital_card', migration)))).map((statements) =>
    statements.map(({ sql }) => sql.replaceAll('"', '')),
  );

describe('The migrations of digital_card after 1.0.0', () => {
  test('are of every kind that there is', () => {
    expect(declaration.tenant.map(({ kind }) => kind)).toEqual([
      ...['transactional', 'transactional', 'transactional'],
      ...['transactional', 'batched', 'concurrent'],
      ...['contract', 'contract'],
    ]);
  });

  test('stay what they were when tenants got them', async () => {
    expect(await Promise.all(later.map((migration) => checksumOf('digital_card', migration)))).toEqual([
      '8ef12ddf273d220dd5abf956d8cf046a',
      'a2f94ce35f197756ddb74b6ad0c568fd',
      '0eee2042c1cd4f63ec8d81ee5ef71d3f',
      'df5d9202ffc67fbacae19e68898ee645',
      '82407706207ce31b180c58614fc41a3b',
    ]);
  });

  test('number new cards by a default that is set after the column, so that no card is written anew', async () => {
    expect((await sqlOf(dryRun))[0]).toEqual([
      'alter table digital_card.digital_cards add column number integer',
      'CREATE SEQUENCE digital_card.digital_cards_number AS integer OWNED BY digital_card.digital_cards.number',
      "alter table digital_card.digital_cards alter column number set default nextval('digital_card.digital_cards_number')",
    ]);
  });

  test('are each taken back', async () => {
    expect(await sqlOf(dryRunDown)).toEqual([
      ['alter table digital_card.digital_cards drop column number'],
      [],
      ['drop index concurrently if exists digital_card.digital_cards_by_number'],
      ['alter table digital_card.digital_cards alter column number drop not null'],
      [
        "alter table digital_card.card_validations add column validated_by text default 'forgotten' not null",
        'alter table digital_card.card_validations alter column validated_by drop default',
      ],
    ]);
  });
});
