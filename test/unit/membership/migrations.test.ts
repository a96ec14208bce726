import { describe, expect, test } from '@jest/globals';
import { declaration } from '../../../contexts/membership/migrator.ts';
import { checksumOf, type dryRun, dryRunDown } from '../../../contexts/shared/application/dry-run.ts';

const statements = async (run: typeof dryRun) =>
  (await Promise.all(declaration.tenant.map((migration) => run('membership', migration)))).map((all) =>
    all.map(({ sql }) => sql.slice(0, 60)),
  );

describe('The migrations of membership', () => {
  test('stay what they were when tenants got them', async () => {
    expect(await Promise.all(declaration.tenant.map((migration) => checksumOf('membership', migration)))).toEqual([
      '2b3d29957bc8947c2ad640e6ff7d3744',
      '660ebae28c4de291304f6f9efd91cec9',
    ]);
  });

  test('are each taken back', async () => {
    expect(await statements(dryRunDown)).toEqual([['drop table "membership"."membership_levels"'], ['drop table "membership"."members"']]);
  });
});
