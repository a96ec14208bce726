import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ModuleName, moduleFolder, TenantSlug, tenantDatabaseName, Ulid } from '../../../contexts/shared/domain/names.ts';

const accepts = (schema: { safeParse: (value: unknown) => { success: boolean } }, value: string): boolean =>
  schema.safeParse(value).success;

describe('A module name', () => {
  test.each(['digital_card', 'ab', `a${'b'.repeat(29)}`])('may be %s', (name) => {
    expect(accepts(ModuleName, name)).toBe(true);
  });

  test.each([
    '',
    'a',
    'Digital',
    '1card',
    'digital-card',
    `a${'b'.repeat(30)}`,
    'public',
    'platform',
    'extensions',
    'landlord',
    'pg_cards',
    'information_schema',
    'shop__a1',
  ])('may not be %s', (name) => {
    expect(accepts(ModuleName, name)).toBe(false);
  });

  test('is its folder, with hyphens', () => {
    expect(moduleFolder('digital_card')).toBe('digital-card');
  });
});

describe('A tenant slug', () => {
  test.each(['acme', 'acme-corp', 'a1'])('may be %s', (slug) => {
    expect(accepts(TenantSlug, slug)).toBe(true);
  });

  test.each(['', 'a', 'Acme', '1acme', 'acme--corp', 'acme-', 'acme_corp', `a${'b'.repeat(40)}`])('may not be %s', (slug) => {
    expect(accepts(TenantSlug, slug)).toBe(false);
  });

  test('never gives two tenants one database, and always one whose name and roles PostgreSQL can hold', () => {
    const slugs = fc.stringMatching(/^[a-z][a-z0-9]{1,10}(-[a-z0-9]{1,9}){0,2}$/).filter((slug) => accepts(TenantSlug, slug));
    fc.assert(
      fc.property(slugs, slugs, (one, other) => {
        expect(tenantDatabaseName(one) === tenantDatabaseName(other)).toBe(one === other);
        expect(Buffer.byteLength(`${tenantDatabaseName(one)}_owner`)).toBeLessThanOrEqual(63);
      }),
    );
  });
});

describe('An id', () => {
  test('is a ULID, without the letters that are mistaken for others', () => {
    expect(accepts(Ulid, '01K0000000000000000000ABCD')).toBe(true);
    for (const wrong of ['', '01K0000000000000000000ABCI', '01k0000000000000000000abcd', '01K']) expect(accepts(Ulid, wrong)).toBe(false);
  });
});
