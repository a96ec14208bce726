import { describe, expect, test } from '@jest/globals';
import { makeReadSecret } from '../../../contexts/module-registry/application/read-secret.ts';
import { Unavailable } from '../../../contexts/shared/domain/errors.ts';
import { tenantId } from '../../support/memory-registry.ts';
import { aChange, beforeChange } from '../../support/module-job.ts';
import { anEmptyRegistry } from './registry-under-test.ts';

const of = { tenantId, module: 'finance' };

/** A tenant with finance, and what it has set of it that nobody is shown. */
const aTenant = async () => {
  const { state, secrets, tenantModules } = anEmptyRegistry();
  const set = async (values: Readonly<Record<string, string>>): Promise<string> => {
    const ref = await secrets.write(of, values);
    const standing = beforeChange(aChange('upgrade'));
    if (standing) state.modules.set('finance', { ...standing, secrets: { ref, fields: Object.keys(values) } });
    return ref;
  };
  const read = (field: string) => makeReadSecret({ tenantModules, secrets })(tenantId, 'finance', field);
  return { state, secrets, set, read };
};

describe('A module’s API that needs a write-only value', () => {
  test('is given the one that is set, and none that is not', async () => {
    const { set, read } = await aTenant();
    await set({ key: 'k-1' });
    expect([await read('key'), await read('account')]).toEqual(['k-1', undefined]);
  });

  test('is given the new one when it is set anew at that moment', async () => {
    const { secrets, set, read } = await aTenant();
    const before = await set({ key: 'k-1' });
    const plainRead = secrets.read;
    let meanwhile = true;
    Object.assign(secrets, {
      read: async (...asked: Parameters<typeof plainRead>) => {
        if (meanwhile) {
          meanwhile = false;
          await set({ key: 'k-2' });
          await secrets.remove(of, before);
        }
        return plainRead(...asked);
      },
    });
    expect(await read('key')).toBe('k-2');
  });

  test('is told that nothing is set where the values were lost', async () => {
    const { secrets, set, read } = await aTenant();
    await secrets.remove(of, await set({ key: 'k-1' }));
    expect(await read('key')).toBeUndefined();
  });

  test('is refused when the tenant does not have the module, and told when the values cannot be read now', async () => {
    const { state, secrets, set, read } = await aTenant();
    await set({ key: 'k-1' });
    Object.assign(secrets, { read: () => Promise.reject(new Unavailable('not now')) });
    await expect(read('key')).rejects.toMatchObject({ name: 'Unavailable' });
    state.modules.clear();
    await expect(read('key')).rejects.toMatchObject({ refusal: { reason: 'module-not-installed' } });
  });
});
