import * as z from 'zod';

/** `finance`, `digital_card`: also the name of the module's schema in every database, and of its folder with `-` for `_`. */
export const ModuleName = z
  .string()
  .regex(/^[a-z][a-z0-9_]{1,29}$/, 'a module name is 2 to 30 of a-z, 0-9 and _, and begins with a letter')
  .refine((name) => !name.includes('__'), 'a module name has no double underscore: it stands in the names of archives')
  .refine((name) => !reserved.has(name) && !name.startsWith('pg_'), 'this name is reserved by PostgreSQL or the platform');
export type ModuleName = z.infer<typeof ModuleName>;

/** `acme`: immutable, never reused; the tenant's database is `tenant_{slug}` with `_` for `-`. */
export const TenantSlug = z
  .string()
  .regex(/^[a-z][a-z0-9-]{1,39}$/, 'a tenant slug is 2 to 40 of a-z, 0-9 and -, and begins with a letter')
  .refine((slug) => !slug.includes('--') && !slug.endsWith('-'), 'a tenant slug has no double and no trailing hyphen');
export type TenantSlug = z.infer<typeof TenantSlug>;

/** Crockford base32, 26 characters, ordered by time. Tenants, jobs and events are named by one. */
export const Ulid = z.string().regex(/^[0-9A-HJKMNP-TV-Z]{26}$/, 'an id is a ULID of 26 characters');

const reserved = new Set(['public', 'platform', 'extensions', 'landlord', 'information_schema']);

/** `acme-corp` → `tenant_acme_corp`. */
export const tenantDatabaseName = (slug: TenantSlug): string => `tenant_${slug.replaceAll('-', '_')}`;

/** `shop`, 2 → `shop__a2`: the schema that a tenant's module has while it is archived; no module can be called that. */
export const archiveSchemaName = (module: ModuleName, archive: number): string => `${module}__a${archive}`;

/** `digital-card` ↔ `digital_card`: a module's folder is its name with `-` for `_`. */
export const moduleFolder = (name: ModuleName): string => name.replaceAll('_', '-');
