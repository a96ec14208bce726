import { describe, expect, test } from '@jest/globals';
import { configurationErrors } from '../../../contexts/module-registry/application/configuration.ts';
import { checksumOf } from '../../../contexts/shared/application/dry-run.ts';
import { declaration } from '../../../contexts/user-management/migrator.ts';

describe('user_management 1.0.0', () => {
  test('has the migrations that were registered', async () => {
    const all = [...declaration.landlord, ...declaration.tenant];
    expect(await Promise.all(all.map((migration) => checksumOf('user_management', migration)))).toEqual([
      '2cc1091a0baf8e0f56bf6d9370a73764',
      '9c40c2718a995e61e223f9aac01652b9',
    ]);
  });

  test('can be installed without a word of configuration, and not with one too many', () => {
    const schema = declaration.manifest.versions[0]?.configuration ?? {};
    expect(configurationErrors(schema, {})).toEqual([]);
    expect(
      configurationErrors(schema, { defaultLocale: 7, theme: 'dark' })
        .map(({ field }) => field)
        .toSorted(),
    ).toEqual(['configuration', 'configuration.defaultLocale']);
  });
});
