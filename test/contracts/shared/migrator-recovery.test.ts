import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { declaration } from '../../../contexts/digital-card/migrator.ts';
import { schemaFingerprint } from '../../../contexts/shared/adapters/schema-fingerprint.ts';
import type { Database } from '../../../contexts/shared/application/database.ts';
import { asOf } from '../../support/as-of.ts';
import { declaration as slow } from '../../support/contexts/slow/migrator.ts';
import { makeMigratorBench } from '../../support/migrator-bench.ts';
import { startStand } from '../../support/tenant-stand.ts';

const { aTenant, job } = startStand();
const digitalCard = asOf(declaration, '1.0.0');

/** A worker that dies after so many statements: it neither goes on nor says goodbye, and its transaction stays open. */
const dyingAfter = (database: Database, statements: number): Database => {
  let left = statements;
  return {
    ...database,
    transaction: (work) =>
      database.transaction((transaction) =>
        work({
          query: (statement) => {
            left -= 1;
            return left < 0 ? new Promise(() => undefined) : transaction.query(statement);
          },
        }),
      ),
  };
};

describe('A worker that dies in the middle of a slice', () => {
  test('leaves nothing behind, and the next attempt gets in when its transaction was ended for it', async () => {
    const { tenant, database, letIn, bench, snapshot } = await aTenant();
    await letIn('digital_card', 1);
    const before = await snapshot();
    void makeMigratorBench({ declaration: digitalCard, tenant, database: dyingAfter(database, 6) })
      .slice('migrateForTenant', { id: job, fence: 1 })
      .catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await snapshot()).toEqual(before);
    // Waits at the fence's row until PostgreSQL has ended the idle transaction.
    await letIn('digital_card', 2);
    expect(await bench(digitalCard).slice('migrateForTenant', { id: job, fence: 2, attempt: 2 })).toMatchObject({ done: true });
  });
});

describe('A slice', () => {
  test('ends soon after its budget, with what it has committed', async () => {
    const { letIn, bench } = await aTenant();
    await letIn('slow', 1);
    const answers = await bench(slow, 1_500).all('migrateForTenant', { id: job, fence: 1 });
    expect(answers.map(({ applied }) => applied)).toEqual([2, 4]);
  });
});

describe('Up, down and up again', () => {
  test('gives digital_card the same fingerprint, in whatever slices and however often', async () => {
    const { database, letIn, bench } = await aTenant();
    await letIn('digital_card', 1);
    const up = () => bench(digitalCard).all('migrateForTenant', { id: job, fence: 1 });
    const stepUp = () => bench(digitalCard, 0).slice('migrateForTenant', { id: job, fence: 1 });
    const stepDown = () => bench(digitalCard, 0).slice('rollbackForTenant', { id: job, fence: 1, from: '1.0.0' });
    await up();
    const whole = await schemaFingerprint(database, ['digital_card']);
    const seen = new Map<number, string>([[3, whole]]);
    for (let n = 0; n < 3; n += 1) await stepDown();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }), async (directions) => {
        for (const isUp of directions) {
          await (isUp ? stepUp() : stepDown());
          const { rows } = await database.query({ sql: 'SELECT count(*) AS n FROM digital_card._ledger', parameters: [] });
          const standing = Number(rows[0]?.['n']);
          const now = await schemaFingerprint(database, ['digital_card']);
          expect(now).toBe(seen.get(standing) ?? now);
          seen.set(standing, now);
        }
        await up();
        expect(await schemaFingerprint(database, ['digital_card'])).toBe(whole);
      }),
      { numRuns: 8 },
    );
    expect(seen.size).toBeGreaterThan(1);
  });
});
