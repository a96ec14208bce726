import { describe, expect, test } from '@jest/globals';
import { makeResolveTenant, type Tenant } from '../../../contexts/tenancy/index.ts';

const acme = { id: '01JD0000000000000000000ACM', slug: 'acme' };

const directory = () => {
  const asked: string[] = [];
  const resolve = makeResolveTenant({
    idOf: async (slug) => {
      asked.push(slug);
      return slug === acme.slug ? acme.id : undefined;
    },
    get: async (id) => {
      asked.push(id);
      return id === acme.id ? ({ ...acme, name: 'Acme' } as Tenant) : undefined;
    },
  });
  return { asked, resolve };
};

describe('A tenant', () => {
  test('is found by its slug and by its id, and asked for once', async () => {
    for (const first of [acme.slug, acme.id]) {
      const { asked, resolve } = directory();
      expect([await resolve(first), await resolve(acme.slug), await resolve(acme.id)]).toEqual([acme, acme, acme]);
      expect(asked).toEqual([first]);
    }
  });

  test('that is not there is looked for again, since it may be made', async () => {
    const { asked, resolve } = directory();

    expect([await resolve('globex'), await resolve('globex')]).toEqual([undefined, undefined]);
    expect(asked).toEqual(['globex', 'globex']);
  });
});
