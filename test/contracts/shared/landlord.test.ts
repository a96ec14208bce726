import { describe, expect, test } from '@jest/globals';
import { declaration as digitalCard } from '../../../contexts/digital-card/migrator.ts';
import { exactRowCounts } from '../../../contexts/shared/adapters/schema-fingerprint.ts';
import { CONTRACT } from '../../../contexts/shared/domain/migrator-contract.ts';
import { makeMigratorBench } from '../../support/migrator-bench.ts';
import { makePgDatabase } from '../../support/pg-database.ts';
import { startStand } from '../../support/tenant-stand.ts';

const { landlord, aTenant, job } = startStand();

describe('Landlord migrations', () => {
  test('run once when fifty installs come at the same time', async () => {
    const database = makePgDatabase(await landlord('digital_card'));
    const { tenant } = await aTenant();
    const bench = makeMigratorBench({ declaration: digitalCard, tenant, database });
    const request = {
      operation: 'migrateForLandlord',
      contract: CONTRACT,
      module: 'digital_card',
      jobId: job,
      attempt: 1,
      fence: 1,
      to: '1.0.0',
    } as const;
    const answers = await Promise.all(Array.from({ length: 50 }, () => bench.send(request)));
    expect(answers.every((answer) => JSON.stringify(answer) === JSON.stringify({ contract: 1, done: true, applied: 1, total: 1 }))).toBe(
      true,
    );
    expect(await exactRowCounts(database, ['digital_card'])).toEqual({
      'digital_card._ledger': 1,
      'digital_card.digital_card_global_config': 0,
    });
  });
});
