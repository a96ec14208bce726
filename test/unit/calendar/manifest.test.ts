import { describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { declaration } from '../../../contexts/calendar/migrator.ts';
import { manifest } from '../../../contexts/calendar/module.ts';
import { checksumOf } from '../../../contexts/shared/application/dry-run.ts';

describe('The manifest of calendar', () => {
  test('depends on membership only where it is installed', () => {
    expect(manifest.versions.flatMap((v) => v.dependencies)).toEqual([{ module: 'membership', range: '^1.0', optional: true }]);
  });

  test('has a time zone and a first day of the week, each with a default', () => {
    const schema = z.fromJSONSchema(manifest.versions[0]?.configuration as Parameters<typeof z.fromJSONSchema>[0]);
    expect(schema.parse({})).toEqual({ timeZone: 'UTC', firstDayOfWeek: 'monday' });
    const fits = (given: object) => schema.safeParse(given).success;
    expect(['Europe/Vienna', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5'].every((timeZone) => fits({ timeZone }))).toBe(true);
    expect([{ timeZone: 'noon' }, { timeZone: '../x' }, { timeZone: '' }, { firstDayOfWeek: 'today' }, { week: 1 }].map(fits)).toEqual([
      ...[true, false, false],
      ...[false, false],
    ]);
  });
});

test('The migrations of calendar stay what they were when tenants got them', async () => {
  expect(await Promise.all([...declaration.landlord, ...declaration.tenant].map((m) => checksumOf('calendar', m)))).toEqual([
    '7d646977ecd99f93893e00c4db67bc97',
    '77f11275b9c2e6f2f37f6dd0bea253a0',
    '27018c96cb5f567b65edd7dde4310fdf',
  ]);
});
