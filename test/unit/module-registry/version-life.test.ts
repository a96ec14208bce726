import { describe, expect, test } from '@jest/globals';
import type { Catalog, MigrationLint } from '../../../contexts/module-registry/application/ports.ts';
import { makeDeprecateModule, makePublishModule, makeWithdrawModule } from '../../../contexts/module-registry/application/version-life.ts';
import {
  deprecate,
  type ModuleVersion,
  publish,
  refusalToInstall,
  warningOf,
  withdraw,
} from '../../../contexts/module-registry/domain/module-version.ts';
import { Refused, Unavailable } from '../../../contexts/shared/domain/errors.ts';
import type { LintAnswer } from '../../../contexts/shared/domain/migrator-contract.ts';
import { makeMemoryCatalog } from '../../support/memory-catalog.ts';
import { aModule } from '../../support/memory-registry.ts';
import { makeMemoryTrail } from '../../support/memory-trail.ts';

const at = new Date('2026-06-01T00:00:00Z');
const sunsetAt = new Date('2026-07-01T00:00:00Z');
const later = new Date('2026-08-01T00:00:00Z');
const finance = (more: Parameters<typeof aModule>[1] = {}) => aModule('finance', more).version;

describe('A version', () => {
  test('goes from draft to published to deprecated to withdrawn, or from published straight to withdrawn', () => {
    expect(publish(finance({ status: 'draft' }), at)).toMatchObject({ status: 'published', publishedAt: at });
    expect(deprecate(finance(), { sunsetAt, at })).toMatchObject({ status: 'deprecated', sunsetAt });
    expect(withdraw(finance({ status: 'deprecated', sunsetAt }))).toMatchObject({ status: 'withdrawn', sunsetAt });
    expect(withdraw(finance())).toMatchObject({ status: 'withdrawn' });
  });

  test('says nothing new when it is told again what it is, even past its sunset', () => {
    const deprecated = finance({ status: 'deprecated', sunsetAt });

    expect(publish(finance(), at)).toBeUndefined();
    expect(deprecate(deprecated, { sunsetAt: new Date(sunsetAt), at: later })).toBeUndefined();
    expect(withdraw(finance({ status: 'withdrawn' }))).toBeUndefined();
  });

  test('that is deprecated takes another sunset', () => {
    expect(deprecate(finance({ status: 'deprecated', sunsetAt }), { sunsetAt: later, at })).toMatchObject({ sunsetAt: later });
  });

  test.each([
    ['a draft deprecated', deprecate(finance({ status: 'draft' }), { sunsetAt, at }), 'unprocessable not-published'],
    ['a draft withdrawn', withdraw(finance({ status: 'draft' })), 'unprocessable not-published'],
    ['a withdrawn version deprecated', deprecate(finance({ status: 'withdrawn' }), { sunsetAt, at }), 'conflict version-retired'],
    ['a deprecated version published', publish(finance({ status: 'deprecated', sunsetAt }), at), 'conflict version-retired'],
    ['a sunset that is over', deprecate(finance(), { sunsetAt: at, at }), 'unprocessable sunset-in-the-past'],
  ])('refuses %s', (_, refusal, expected) => {
    expect(refusal && 'reason' in refusal ? `${refusal.kind} ${refusal.reason}` : refusal).toBe(expected);
  });

  test('that is deprecated is installed until its sunset, with a warning, and not from that instant on', () => {
    const deprecated = finance({ status: 'deprecated', sunsetAt });
    const justBefore = new Date(sunsetAt.getTime() - 1);

    expect([refusalToInstall(deprecated, justBefore), refusalToInstall(deprecated, sunsetAt)?.reason]).toEqual([undefined, 'past-sunset']);
    expect(warningOf(deprecated, justBefore)).toBe(
      'finance 1.0.0 is deprecated and will not be installed anew from 2026-07-01T00:00:00.000Z on; plan to upgrade',
    );
    expect(warningOf(deprecated, sunsetAt)).toContain('is past its sunset of 2026-07-01T00:00:00.000Z');
  });

  test('that is withdrawn warns, and one that is published has nothing to warn of', () => {
    expect(warningOf(finance({ status: 'withdrawn' }), at)).toBe('finance 1.0.0 was withdrawn; choose another version');
    expect(warningOf(finance(), at)).toBeUndefined();
  });
});

const aCatalog = async () => {
  const trail = makeMemoryTrail();
  const catalog = makeMemoryCatalog(trail);
  const { module, version } = aModule('finance', {}, { newestPublished: '1.1.0' });
  const event = { name: 'ModuleRegistered', module: 'finance', actor: 'system', at: at.toISOString() };
  await catalog.save({ module, versions: [version, { ...version, version: '1.1.0' }], others: [], event });
  const findings: LintAnswer['findings'] = [];
  const asked: unknown[] = [];
  const migrators: MigrationLint = {
    lint: async (migratorArn, { module: name, version: to }) => {
      asked.push([migratorArn, name, to]);
      return findings;
    },
  };
  const ports = { catalog, idempotency: trail.idempotency, clock: { now: () => at }, migrators };
  const newest = async () => (await catalog.read('finance'))?.module.newestPublished;
  const events = () => trail.events('MODULE#finance', { limit: 10 }).items.slice(1);
  return { ports, newest, events, findings, asked };
};
/** Registers a draft that needs what it is given. */
const aDraft = async (catalog: Catalog, dependencies: ModuleVersion['dependencies']) => {
  const before = (await catalog.read('finance'))?.module;
  const { module, version } = aModule('finance', { version: '2.0.0', status: 'draft', dependencies });
  const event = { name: 'ModuleRegistered', module: 'finance', actor: 'system', at: at.toISOString() };
  await catalog.save({ ...(before ? { before } : {}), module: { ...module, sequence: 2 }, versions: [version], others: [], event });
};
const needing = (module: string, range: string, optional = false) => ({ module, range, optional });
const by = (version: string, key?: string) => ({
  module: 'finance',
  version,
  actor: 'pia',
  ...(key === undefined ? {} : { idempotency: { id: key, bodyHash: 'body' } }),
});

describe('The life of a version', () => {
  test('is told in the module’s trail, each change with who, from, to and the sunset', async () => {
    const { ports, events } = await aCatalog();

    await makeDeprecateModule(ports)({ ...by('1.1.0'), sunsetAt });
    await makeWithdrawModule(ports)(by('1.1.0'));

    const told = { module: 'finance', actor: 'pia', at: at.toISOString() };
    const facts = { version: '1.1.0' };
    expect(events()).toMatchObject([
      {
        name: 'ModuleDeprecated',
        ...told,
        sequence: 2,
        from: 'published',
        to: 'deprecated',
        facts: { ...facts, sunsetAt: '2026-07-01T00:00:00.000Z' },
      },
      { name: 'ModuleWithdrawn', ...told, sequence: 3, from: 'deprecated', to: 'withdrawn', facts },
    ]);
  });

  test('moves what an install without a version takes, until nothing is left to take', async () => {
    const { ports, newest } = await aCatalog();

    await makeDeprecateModule(ports)({ ...by('1.1.0'), sunsetAt });
    expect(await newest()).toBe('1.0.0');
    await makeWithdrawModule(ports)(by('1.0.0'));
    expect(await newest()).toBeUndefined();
  });

  test('stays as it is, without an event, when a change is asked for again or refused', async () => {
    const { ports, events } = await aCatalog();
    await makeWithdrawModule(ports)(by('1.0.0'));

    expect(await makeWithdrawModule(ports)(by('1.0.0'))).toMatchObject({ status: 'withdrawn' });
    await expect(makePublishModule(ports)(by('1.0.0'))).rejects.toMatchObject({ refusal: { reason: 'version-retired' } });
    await expect(makeDeprecateModule(ports)({ ...by('3.0.0'), sunsetAt })).rejects.toMatchObject({
      refusal: { reason: 'unknown-version' },
    });
    expect(events()).toHaveLength(1);
  });

  test('is not turned back by a request that is delivered late, once more', async () => {
    const { ports } = await aCatalog();
    await makeDeprecateModule(ports)({ ...by('1.0.0', 'first'), sunsetAt });
    await makeDeprecateModule(ports)({ ...by('1.0.0'), sunsetAt: later });

    expect(await makeDeprecateModule(ports)({ ...by('1.0.0', 'first'), sunsetAt })).toMatchObject({ sunsetAt: later });
  });

  test('keeps the key of a request that changed nothing', async () => {
    const { ports } = await aCatalog();
    await makeDeprecateModule(ports)({ ...by('1.0.0'), sunsetAt });
    await makeDeprecateModule(ports)({ ...by('1.0.0', 'second'), sunsetAt });
    await makeDeprecateModule(ports)({ ...by('1.0.0'), sunsetAt: later });

    expect(await makeDeprecateModule(ports)({ ...by('1.0.0', 'second'), sunsetAt })).toMatchObject({ sunsetAt: later });
  });
});

describe('Publishing', () => {
  const finding = {
    scope: 'tenant',
    field: 'tenant[1].up',
    migration: 2,
    rule: 'table-locked',
    message: 'it locks',
    remedy: 'do not',
  } as const;

  test('asks the deployed migrator for its lint, once', async () => {
    const { ports, asked, events } = await aCatalog();
    await aDraft(ports.catalog, []);

    expect(await makePublishModule(ports)(by('2.0.0'))).toMatchObject({ status: 'published', publishedAt: at });
    await makePublishModule(ports)(by('2.0.0'));

    expect(asked).toEqual([['arn:finance:live', 'finance', '2.0.0']]);
    expect(events().at(-1)).toMatchObject({ name: 'ModulePublished', from: 'draft', to: 'published', actor: 'pia' });
  });

  test('is refused with what the lint finds: file, field and remedy', async () => {
    const { ports, findings, events } = await aCatalog();
    await aDraft(ports.catalog, []);
    findings.push(finding, { ...finding, field: 'tenant[1].down' });

    const refusal = {
      kind: 'unprocessable',
      reason: 'unsafe-migrations',
      message: 'finance 2.0.0 must not be published: finance/migrator.ts: tenant[1].up: it locks; do not (and 1 more)',
      facts: { module: 'finance', version: '2.0.0', findings: findings.map((found) => ({ file: 'finance/migrator.ts', ...found })) },
    };
    await expect(makePublishModule(ports)(by('2.0.0'))).rejects.toMatchObject({ refusal });
    expect(events()).toHaveLength(1);
  });

  test('stays a draft while its migrator cannot be asked', async () => {
    const { ports, events } = await aCatalog();
    await aDraft(ports.catalog, []);
    const migrators: MigrationLint = { lint: () => Promise.reject(new Unavailable('not now')) };

    await expect(makePublishModule({ ...ports, migrators })(by('2.0.0'))).rejects.toMatchObject({ name: 'Unavailable' });
    expect(events()).toHaveLength(1);
  });

  test('is refused where nothing that it needs is registered, naming what there is', async () => {
    const { ports } = await aCatalog();
    const cards = aModule('digital_card', { status: 'draft' });
    const event = { name: 'ModuleRegistered', module: 'digital_card', actor: 'system', at: at.toISOString() };
    const withdrawn = { ...cards.version, version: '2.0.0', status: 'withdrawn' } as const;
    await ports.catalog.save({ module: cards.module, versions: [cards.version, withdrawn], others: [], event });
    const publish = () => makePublishModule(ports)(by('2.0.0'));

    await aDraft(ports.catalog, [needing('digital_card', '^2.0')]);
    await expect(publish()).rejects.toMatchObject({
      refusal: {
        reason: 'missing-dependency',
        message: 'finance 2.0.0 needs digital_card ^2.0, but there is only 1.0.0; deploy a version of digital_card that fits first',
      },
    });
  });

  test.each([
    ['a draft that fits', [needing('finance_base', '^1.0')], 'published'],
    ['nothing, for what is optional', [needing('calendar', '^1.0', true)], 'published'],
    ['nothing', [needing('calendar', '^1.0')], 'missing-dependency'],
  ] as const)('of what needs another module finds %s enough or not', async (_, dependencies, outcome) => {
    const { ports } = await aCatalog();
    const base = aModule('finance_base', { status: 'draft' });
    const event = { name: 'ModuleRegistered', module: 'finance_base', actor: 'system', at: at.toISOString() };
    await ports.catalog.save({ module: base.module, versions: [base.version], others: [], event });
    await aDraft(ports.catalog, [...dependencies]);

    const told = await makePublishModule(ports)(by('2.0.0')).then(
      ({ status }) => status,
      (error: unknown) => (error instanceof Refused ? error.refusal.reason : error),
    );
    expect(told).toBe(outcome);
  });
});
