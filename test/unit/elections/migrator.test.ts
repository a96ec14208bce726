import { describe, expect, test } from '@jest/globals';
import { declaration } from '../../../contexts/elections/migrator.ts';
import { configurationErrors } from '../../../contexts/module-registry/application/configuration.ts';
import { checksumOf } from '../../../contexts/shared/application/dry-run.ts';

describe('elections 1.0.0 and 1.1.0', () => {
  test('have the migrations that were registered', async () => {
    expect(await Promise.all(declaration.tenant.map((migration) => checksumOf('elections', migration)))).toEqual([
      'cb0370c7413ac704fa6d1a0a32eb6505',
      '56ff4983615e0ed2ffab1e9b23bc4048',
      '74df61dd141c7974bf573831c94d0bb5',
      '6055de9ab8e4fb7499ce57c340838d17',
      '36d97b82a471649944dd126a48841a75',
    ]);
  });

  test('can be installed without a word of configuration, and not with one too many', () => {
    for (const { configuration } of declaration.manifest.versions) {
      expect(configurationErrors(configuration, {})).toEqual([]);
      expect(configurationErrors(configuration, { theme: 'dark' }).map(({ field }) => field)).toEqual(['configuration']);
    }
  });
});
