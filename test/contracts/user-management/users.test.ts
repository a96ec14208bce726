import { expect, test } from '@jest/globals';
import { CONTRACT } from '../../../contexts/shared/domain/migrator-contract.ts';
import { declaration } from '../../../contexts/user-management/migrator.ts';
import { makeMigratorBench } from '../../support/migrator-bench.ts';
import { makePgDatabase } from '../../support/pg-database.ts';
import { startStand } from '../../support/tenant-stand.ts';

const { landlord, aTenant, job } = startStand();

test('The landlord’s users are one for each subject of an issuer, and stay when the next tenant installs', async () => {
  const database = makePgDatabase(await landlord('user_management'));
  const { tenant } = await aTenant();
  const bench = makeMigratorBench({ declaration, tenant, database });
  const install = () =>
    bench.send({
      operation: 'migrateForLandlord',
      contract: CONTRACT,
      module: 'user_management',
      jobId: job,
      attempt: 1,
      fence: 1,
      to: '1.0.0',
    });
  const add = (n: number, issuer: string, subject: string) =>
    database.query({
      sql: `INSERT INTO user_management.users (id, issuer, subject) VALUES ($1, $2, $3)`,
      parameters: [`01K${String(n).padStart(23, '0')}`, issuer, subject],
    });
  await install();
  await add(1, 'https://a.example', 'ada');
  await add(2, 'https://b.example', 'ada');
  await expect(add(3, 'https://a.example', 'ada')).rejects.toMatchObject({ facts: { constraint: 'users_one_for_each_subject' } });
  expect(await install()).toMatchObject({ done: true, applied: 1, total: 1 });
  const { rows } = await database.query({ sql: 'SELECT count(*)::int AS n FROM user_management.users', parameters: [] });
  expect(rows).toEqual([{ n: 2 }]);
});
