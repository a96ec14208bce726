import { expect, test } from '@jest/globals';
import { declaration } from '../../../contexts/membership/migrator.ts';
import { installModule } from '../../support/installed-module.ts';
import { startStand } from '../../support/tenant-stand.ts';

const stand = startStand();

test('A member is found by name through all of them in 1.0.0, and by an index after the upgrade to 1.1.0', async () => {
  const { database, tenant, upgrade } = await installModule(stand, declaration, '1.0.0');
  const run = async (sql: string, parameters: readonly unknown[] = []) => (await database(tenant).query({ sql, parameters })).rows;
  await run(
    `INSERT INTO membership.members (id, number, name, level_id, joined_at)
     SELECT '01K' || lpad(n::text, 23, '0'), n::text, md5(n::text), '00000000000000000000000001', now() FROM generate_series(1, 3000) n`,
  );
  const planned = async () =>
    JSON.stringify(
      await run(`EXPLAIN SELECT * FROM membership.members WHERE lower(name) LIKE lower($1) ORDER BY id DESC LIMIT 20`, ['Abc%']),
    );
  expect(await planned()).not.toContain('members_by_name');
  await upgrade('1.1.0');
  expect(await planned()).toContain('members_by_name');
});
