import { describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { declaration } from '../../../contexts/finance/migrator.ts';
import { manifest } from '../../../contexts/finance/module.ts';
import { checksumOf, dryRunDown } from '../../../contexts/shared/application/dry-run.ts';

const version = (wanted: string) => manifest.versions.find((v) => v.version === wanted);

describe('The manifest of finance', () => {
  test('says what each version needs', () => {
    const needed = (wanted: string) => version(wanted)?.dependencies.map(({ module, range, optional }) => [module, range, optional]);
    const membership = ['membership', '^1.0', false];
    expect(needed('1.0.0')).toEqual([['digital_card', '^1.0', false], membership]);
    expect(needed('2.0.0')).toEqual([['digital_card', '^2.0', false], membership]);
  });

  test('has a secret that can be set and never read, and a currency with a default', () => {
    for (const { configuration } of manifest.versions)
      expect(configuration['properties']).toMatchObject({ currency: { default: 'EUR' }, paymentProviderKey: { writeOnly: true } });
  });

  test('takes a currency and a key, and nothing else', () => {
    const schema = z.fromJSONSchema(version('1.0.0')?.configuration as Parameters<typeof z.fromJSONSchema>[0]);
    const fields = (given: object) => schema.safeParse(given).error?.issues.map(({ path }) => path.join('.')) ?? [];
    expect(schema.parse({})).toEqual({ currency: 'EUR' });
    expect(fields({ currency: 'CHF', paymentProviderKey: 'pk_live_12345' })).toEqual([]);
    expect(fields({ currency: 'chf' })).toEqual(['currency']);
    expect(fields({ paymentProviderKey: 'short' })).toEqual(['paymentProviderKey']);
    expect(fields({ bank: 'x' })).toEqual(['']);
  });
});

describe('The migrations of finance', () => {
  test('stay what they were when tenants got them', async () => {
    expect(await Promise.all(declaration.tenant.map((migration) => checksumOf('finance', migration)))).toEqual([
      'e14dbdaff707db0c49b68a6ff8ba2970',
      'c43eada56b68534181a4649651a2787f',
      '3f5180755d132ad766b521cafb635dc5',
      'e0a1f1ddb8a876f42b15d7d757e94811',
    ]);
  });

  test('are each taken back', async () => {
    const downs = await Promise.all(declaration.tenant.map((migration) => dryRunDown('finance', migration)));
    expect(downs.flat().map(({ sql }) => sql.replaceAll('"', ''))).toEqual([
      'drop table finance.payment_terms',
      'drop table finance.invoices',
      'drop table finance.payments',
      'alter table finance.invoices drop column card_number',
    ]);
  });
});
