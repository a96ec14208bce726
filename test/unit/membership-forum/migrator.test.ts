import { describe, expect, test } from '@jest/globals';
import { declaration } from '../../../contexts/membership-forum/migrator.ts';
import { configurationErrors } from '../../../contexts/module-registry/application/configuration.ts';
import { checksumOf } from '../../../contexts/shared/application/dry-run.ts';

describe('membership_forum 1.0.0', () => {
  test('has the migrations that were registered', async () => {
    expect(await Promise.all(declaration.tenant.map((migration) => checksumOf('membership_forum', migration)))).toEqual([
      'd5e811fe95de7cb342f4fae68511deb0',
      'c852d5889414957527be77018d9e87f4',
    ]);
  });

  test('can be installed without a word of configuration, and not with one too many', () => {
    const schema = declaration.manifest.versions[0]?.configuration ?? {};
    expect(configurationErrors(schema, {})).toEqual([]);
    expect(
      configurationErrors(schema, { title: '', theme: 'dark' })
        .map(({ field }) => field)
        .toSorted(),
    ).toEqual(['configuration', 'configuration.title']);
  });
});
