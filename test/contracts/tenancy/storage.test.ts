import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ulid } from 'ulid';
import type { Database } from '../../../contexts/shared/application/database.ts';
import { measureStorage } from '../../../contexts/tenancy/index.ts';
import { type DataApiStand, startDataApiStand } from '../../support/data-api-stand.ts';
import { startTenantFixture, type TenantFixture } from '../../support/tenant-fixture.ts';

let fixture: TenantFixture;
let stand: DataApiStand;
let database: Database;
beforeAll(async () => {
  fixture = await startTenantFixture();
  stand = await startDataApiStand(fixture);
  const [id, tenant] = [ulid(), await fixture.tenant('acme')];
  database = stand.database(id, await stand.secret(`tenant/${id}/owner`, tenant.owner, id), tenant.database);
});
afterAll(async () => {
  await stand?.close();
  await fixture?.stop();
});

describe('The storage of a tenant', () => {
  test('is measured with the rights of its owner, as a whole and by module, archives included', async () => {
    const measuredAt = new Date('2026-01-01T00:00:00.000Z');
    const clock = { now: () => measuredAt };
    const before = await measureStorage(database, clock);
    await fixture.superuser('tenant_acme', async (client) => {
      await client.query('CREATE SCHEMA cards');
      await client.query('CREATE TABLE cards.notes AS SELECT 1 AS x');
      await client.query('CREATE SCHEMA votes');
      await client.query('CREATE SCHEMA cards__a1');
      await client.query("CREATE TABLE cards__a1.blobs AS SELECT repeat('x', 1000) AS x FROM generate_series(1, 3000)");
    });
    const after = await measureStorage(database, clock);
    expect(before).toEqual({ bytes: expect.any(Number), byModule: {}, measuredAt });
    expect(Object.keys(after.byModule ?? {})).toEqual(['cards']);
    expect(after.byModule?.['cards']).toBeGreaterThan(3_000_000);
    expect(after.bytes - before.bytes).toBeGreaterThan(1_000_000);
  });
});
