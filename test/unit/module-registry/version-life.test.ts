import { describe, expect, test } from '@jest/globals';
import { makeDeprecateModule, makePublishModule, makeWithdrawModule } from '../../../contexts/module-registry/application/version-life.ts';
import { deprecate, publish, refusalToInstall, warningOf, withdraw } from '../../../contexts/module-registry/domain/module-version.ts';
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
  await catalog.save({ module, versions: [version, { ...version, version: '1.1.0' }], event });
  const ports = { catalog, idempotency: trail.idempotency, clock: { now: () => at } };
  const newest = async () => (await catalog.read('finance'))?.module.newestPublished;
  const events = () => trail.events('MODULE#finance', { limit: 10 }).items.slice(1);
  return { ports, newest, events };
};
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
