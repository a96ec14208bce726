import { type FieldError, Malformed } from '../domain/errors.ts';
import { Manifest, type ManifestInput } from '../domain/manifest.ts';

/** What `module.ts` exports as `manifest`. Rejects a broken one at import, naming every field that is wrong. */
export const defineModule = (manifest: ManifestInput): Manifest => {
  const parsed = Manifest.safeParse(manifest);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map(({ path, message }): FieldError => ({ field: fieldName(path), message }));
  throw new Malformed(
    `the manifest of ${String(manifest.name)} is broken: ${fields.map((f) => `${f.field}: ${f.message}`).join('; ')}`,
    fields,
  );
};

/** `versions`, 0, `version` → `versions[0].version` */
const fieldName = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (name, key) => (typeof key === 'number' ? `${name}[${key}]` : name === '' ? String(key) : `${name}.${String(key)}`),
    '',
  );
