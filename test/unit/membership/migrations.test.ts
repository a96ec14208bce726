import { describe, expect, test } from '@jest/globals';
import { declaration } from '../../../contexts/membership/migrator.ts';
import { checksumOf, dryRunDown } from '../../../contexts/shared/application/dry-run.ts';

describe('The migrations of membership', () => {
  test('stay what they were when tenants got them', async () => {
    expect(await Promise.all(declaration.tenant.map((migration) => checksumOf('membership', migration)))).toEqual([
      '2b3d29957bc8947c2ad640e6ff7d3744',
      '660ebae28c4de291304f6f9efd91cec9',
      '505134f8ceea1d1978e3171afa84aec6',
      '63dec7ab2c700505df878c41d42eccd2',
    ]);
  });

  test('are each taken back', async () => {
    const downs = await Promise.all(declaration.tenant.map((migration) => dryRunDown('membership', migration)));
    expect(downs.flat().map(({ sql }) => sql.replaceAll('"', ''))).toEqual([
      'drop table membership.membership_levels',
      'drop table membership.members',
      'alter table membership.members drop column renewed_at',
      'drop index concurrently if exists membership.members_by_name',
    ]);
  });
});
