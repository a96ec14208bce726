import { describe, expect, test } from '@jest/globals';
import { logged } from '../../../contexts/shared/application/migrator-log.ts';
import { parseMigratorRequest } from '../../../contexts/shared/application/parse-migrator-request.ts';
import { Defect } from '../../../contexts/shared/domain/errors.ts';

const common = {
  contract: 1,
  module: 'shop',
  jobId: '01K00000000000000000000000',
  attempt: 2,
  fence: 1,
  target: { tenantId: '01K00000000000000000000001', slug: 'acme', database: 'tenant_acme', clusterArn: 'c', ownerSecretArn: 's' },
};
const request = parseMigratorRequest({ operation: 'runHook', ...common, to: '1.0.0', hook: 'postInstall' });

const aLog = () => {
  const lines: unknown[] = [];
  const write = (level: string) => (message: string, fields: object) => void lines.push({ level, message, ...fields });
  return { lines, log: { info: write('info'), error: write('error') } };
};
const ticking = () => {
  let now = 0;
  return () => {
    now += 10;
    return now;
  };
};

describe('A step of a migrator', () => {
  test('writes one line with job, tenant, module, step, duration and progress', async () => {
    const { lines, log } = aLog();
    await logged(async () => ({ contract: 1, done: true, applied: 1, total: 1 }), log, ticking())(request);
    expect(lines).toEqual([
      {
        level: 'info',
        message: 'migrator step',
        module: 'shop',
        job: '01K00000000000000000000000',
        attempt: 2,
        tenant: '01K00000000000000000000001',
        hook: 'postInstall',
        step: 'runHook',
        durationMs: 10,
        done: true,
        applied: 1,
        total: 1,
      },
    ]);
  });

  test('that fails writes the error with its facts, and of a service’s own error only the name', async () => {
    const { lines, log } = aLog();
    const cause = Object.assign(new Error('Key (code)=(4711) exists'), { name: 'DatabaseErrorException', $metadata: {} });
    const failing = () => Promise.reject(new Defect('no', { sqlState: '23505' }, { cause }));
    await expect(logged(failing, log, ticking())(request)).rejects.toThrow('no');
    expect(lines).toMatchObject([
      { level: 'error', error: { name: 'Defect', facts: { sqlState: '23505' }, cause: { name: 'DatabaseErrorException' } } },
    ]);
    expect(JSON.stringify(lines)).not.toContain('4711');
    await expect(logged(() => Promise.reject('odd'), log, ticking())(request)).rejects.toBe('odd');
  });

  test('that has to do with an archive says which, and what is undone', async () => {
    const { lines, log } = aLog();
    const undo = parseMigratorRequest({ operation: 'rollbackForTenant', ...common, from: '1.0.0', undo: 'archive', archive: 2 });
    await logged(async () => ({ contract: 1, done: true, applied: 1, total: 1 }), log, ticking())(undo);
    expect(lines).toMatchObject([{ step: 'rollbackForTenant', undo: 'archive', archive: 2 }]);
  });

  test('of a plan has neither job nor progress', async () => {
    const { lines, log } = aLog();
    const plan = parseMigratorRequest({ operation: 'plan', contract: 1, module: 'shop', change: 'install', from: null, to: '1.0.0' });
    await logged(async () => ({ contract: 1, schema: [], migrations: [], seed: [], losesData: false }), log, ticking())(plan);
    expect(lines).toEqual([{ level: 'info', message: 'migrator step', module: 'shop', step: 'plan', durationMs: 10 }]);
  });
});

describe('A request to a migrator', () => {
  test('is refused naming every field that is wrong', () => {
    expect(() => parseMigratorRequest({ operation: 'plan', contract: 1, module: 'Shop', change: 'install', from: null })).toThrow(
      expect.objectContaining({
        name: 'Malformed',
        fields: [expect.objectContaining({ field: 'module' }), expect.objectContaining({ field: 'to' })],
      }),
    );
  });

  test('to undo an archive says which', () => {
    const undo = { operation: 'rollbackForTenant', ...common, from: '1.0.0', undo: 'archive' };
    expect(parseMigratorRequest({ ...undo, archive: 2 })).toMatchObject({ undo: 'archive', archive: 2 });
    for (const archive of [undefined, null, 0])
      expect(() => parseMigratorRequest({ ...undo, archive })).toThrow(
        expect.objectContaining({ fields: [expect.objectContaining({ field: 'archive' })] }),
      );
  });

  test('to roll back means the migrations, unless it says otherwise', () => {
    expect(parseMigratorRequest({ operation: 'rollbackForTenant', ...common, from: null })).toMatchObject({ undo: 'migrations' });
  });
});
