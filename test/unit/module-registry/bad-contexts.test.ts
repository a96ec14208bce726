import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { scanContexts } from '../../../contexts/module-registry/adapters/context-scanner.ts';
import { Malformed } from '../../../contexts/shared/domain/errors.ts';

const contexts = join(import.meta.dirname, '../../support/contexts');

/** What the author of the module reads: each line a file, a field and the rest. */
const refusalOf = async (root: string): Promise<Malformed> => {
  const outcome: unknown = await scanContexts([join(contexts, root)]).catch((error: unknown) => error);
  if (outcome instanceof Malformed) return outcome;
  throw new Error(`${root} was not refused but ended with ${String(outcome)}`);
};

describe('A module with a bad manifest is refused, naming file, field and remedy:', () => {
  test.each([
    ['version-with-a-v', 'versions[0].version', 'a version is semantic, like 1.2.0, without a leading v'],
    ['version-twice', 'versions[1].version', 'version 1.0.0 stands twice: give the second a number of its own'],
    ['version-not-served', 'versions[0].version', 'version 2.0.0 is outside serves >=1.0.0 <2.0.0: widen serves, or leave the version out'],
    ['needs-itself', 'versions[0].dependencies[0].module', 'a module cannot need itself: leave this dependency out'],
    ['range-that-is-none', 'versions[0].dependencies[0].range', 'a range is semantic, like ^1.0, ~1.2 or >=1 <3'],
    [
      'configuration-without-a-schema',
      'versions[0].configuration',
      'a configuration is a JSON Schema of type object, as z.toJSONSchema writes one',
    ],
  ])('%s', async (root, field, remedy) => {
    const refusal = await refusalOf(join('bad-manifests', root));

    expect(refusal.fields).toEqual([{ field, message: remedy }]);
    expect(refusal.message).toBe(
      `${join(contexts, 'bad-manifests', root, 'loyalty/module.ts')}: the manifest of loyalty is broken: ${field}: ${remedy}`,
    );
  });
});

describe('A module with a bad migration is refused, naming file, field and remedy:', () => {
  test.each([
    [
      'index-under-a-lock',
      'index-points',
      'up',
      'the index on points is built under a lock',
      "declare the index as a migration of kind 'concurrent'",
    ],
    ['type-in-place', 'stamp-points', 'up', 'the type of points.earned_at changes', "fill it with a migration of kind 'batched'"],
    ['no-way-back', 'annotate-points', 'down', 'down does nothing', 'write the statements that take back what up did'],
    ['object-elsewhere', 'count-points', 'up', 'public.points_seen is not in the schema loyalty', "name the module's own schema"],
    ['two-in-a-call', 'annotate-points-twice', 'up', 'one call holds 2 statements', 'execute each statement by itself'],
    ['key-to-another-module', 'own-points', 'up', 'a foreign key leads to membership.members', 'without a foreign key'],
  ])('%s', async (root, file, direction, what, remedy) => {
    const { fields, message } = await refusalOf(join('bad-migrations', root));

    const [first] = fields;
    expect(first?.field).toBe(`tenant[1].${direction}`);
    expect(first?.message).toContain(what);
    expect(first?.message).toContain(remedy);
    const path = join(contexts, 'bad-migrations', root, `loyalty/migrations/tenant-0002-${file}.ts`);
    expect(message.split('\n')[0]).toBe(`${path}: ${first?.field}: ${first?.message}`);
    expect(fields.every(({ field }) => field.startsWith('tenant[1].'))).toBe(true);
  });
});
