import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** A bug that the sweep must find: each is put into a copy of the tree, and part of the sweep is run there. */
export interface Plant {
  readonly name: string;
  readonly says: string;
  readonly edits: readonly { readonly file: string; readonly find: string; readonly replace: string }[];
  /** The beginning of the ids of the cases that meet it. */
  readonly only: string;
}

export const plants: readonly Plant[] = [
  {
    name: 'not-repeatable',
    says: 'a step cannot be repeated: a database that was made, while the answer was lost, counts as a defect',
    edits: [
      {
        file: 'contexts/tenancy/adapters/data-api-administration.ts',
        find: "!existsAlready(error) && sqlStateOf(error) !== '42704'",
        replace: '!(existsAlready(error) && false)',
      },
    ],
    only: 'provision/ProvisionSteps:rds-data.ExecuteStatement#5/',
  },
  {
    name: 'lost-lock',
    says: 'two requests at once are both right: neither the module’s lock, nor the tenant’s revision, nor the key is looked at',
    edits: [
      {
        file: 'contexts/module-registry/adapters/job-items.ts',
        find: "Put: { Item: tenantModuleItem(after), ConditionExpression: 'attribute_not_exists(pk)' }",
        replace: 'Put: { Item: tenantModuleItem(after) }',
      },
      {
        file: 'contexts/module-registry/adapters/job-items.ts',
        find: "isNew ? 'revision = :expected AND #status = :active' : 'revision = :expected'",
        replace: "isNew ? 'revision >= :expected AND #status = :active' : 'revision = :expected'",
      },
      {
        file: 'contexts/shared/adapters/audit-item.ts',
        find: "ConditionExpression: 'attribute_not_exists(pk) OR expiresAt <= :now'",
        replace: "ConditionExpression: 'attribute_not_exists(pk) OR expiresAt <= :now OR expiresAt > :now'",
      },
    ],
    only: 'install/ApiRegistry:dynamodb.TransactWriteItems#1/overtaken',
  },
  {
    name: 'event-before-write',
    says: 'an event is stored, and so published, before what it tells of',
    edits: [
      {
        file: 'contexts/module-registry/adapters/dynamo-job-store.ts',
        find: 'commit: async (commit) => table.transact(commitWrites(commit, newId)),',
        replace: `commit: async (commit) => {
    const writes = commitWrites(commit, newId);
    const tells = (write: (typeof writes)[number]): boolean => 'Put' in write && write.Put.Item?.['type'] === 'AuditEvent';
    await table.transact(writes.filter(tells));
    await table.transact(writes.filter((write) => !tells(write)));
  },`,
      },
    ],
    only: 'install/ModuleSteps:dynamodb.TransactWriteItems#',
  },
  {
    name: 'fence-not-checked',
    says: 'an old worker goes on although its fence is gone',
    edits: [
      {
        file: 'contexts/shared/adapters/tenant-fence.ts',
        find: 'if (passed === undefined) throw superseded(held.module);\n  return passed;',
        replace: 'return passed ?? { exists: false };',
      },
    ],
    only: 'install-fails/Migrator-broken_hook:rds-data.BeginTransaction#1/overtaken',
  },
  {
    name: 'rollback-leaves',
    says: 'a rollback leaves tables and indexes behind',
    edits: [
      {
        file: 'contexts/shared/adapters/schema-removal.ts',
        find: 'await transaction.query({ sql: dropSchemaSql(module), parameters: [] });',
        replace: '',
      },
    ],
    only: 'install-fails/Migrator-broken_hook:rds-data.CommitTransaction#1/answer-lost',
  },
  {
    name: 'nobody-looks',
    says: 'the reconciler looks for no silent jobs',
    edits: [
      {
        file: 'contexts/module-registry/application/reconcile.ts',
        find: 'for (let shard = 0; shard < ports.shards; shard += 1) {\n    for (const jobId of await ports.jobs.expired',
        replace: 'for (let shard = 0; shard < 0; shard += 1) {\n    for (const jobId of await ports.jobs.expired',
      },
    ],
    only: 'install/ApiRegistry:states.StartExecution#1/outage',
  },
  {
    name: 'taken-for-granted',
    says: 'a commit whose answer did not come counts as done',
    edits: [
      {
        file: 'contexts/shared/adapters/data-api.ts',
        find: 'await send(() => client.send(new CommitTransactionCommand({ resourceArn, secretArn, transactionId })));',
        replace: 'await client.send(new CommitTransactionCommand({ resourceArn, secretArn, transactionId })).catch(() => undefined);',
      },
    ],
    only: 'install/Migrator-digital_card:rds-data.CommitTransaction#',
  },
  {
    name: 'late-arrival',
    says: 'a database may be created by a call that arrives when its worker is long gone',
    edits: [
      {
        file: 'contexts/tenancy/adapters/data-api-administration.ts',
        find: ' OWNER $',
        replace: ' TEMPLATE template0 -- $',
      },
    ],
    only: 'provision/ProvisionSteps:rds-data.ExecuteStatement#5/',
  },
  {
    name: 'throttling-is-fatal',
    says: 'a throttled call counts as a defect',
    edits: [{ file: 'contexts/shared/adapters/brief-absence.ts', find: "  'ThrottlingException',\n", replace: '' }],
    only: 'install/Migrator-digital_card:rds-data.BeginTransaction#1/throttled',
  },
  {
    name: 'marked-before-sent',
    says: 'the reconciler marks an event as published before the bus has taken it',
    edits: [
      {
        file: 'contexts/module-registry/application/publish-events.ts',
        find: 'sent += waiting.length',
        replace: 'if (waiting.length > 0) await ports.outbox.markPublished(waiting);\n      sent += waiting.length',
      },
    ],
    only: 'strays/Reconciler:events.PutEvents#1/',
  },
  {
    name: 'archived-once',
    says: 'an archiving that is asked for again takes its own work for somebody else’s',
    edits: [
      {
        file: 'contexts/shared/application/archive-module.ts',
        find: 'if (isDone(change.archive, job)) return;\n    refuseStranger(change.archive, `it is not',
        replace: 'refuseStranger(change.archive, `it is not',
      },
    ],
    only: 'uninstall/Migrator-workshop:rds-data.CommitTransaction#1/',
  },
  {
    name: 'index-forgotten',
    says: 'a downgrade forgets an index once its transaction is through, and not once the index is gone',
    edits: [
      {
        file: 'contexts/shared/application/downgrade-migrations.ts',
        find: 'await change.record({ ...entry, ...by, applied: false });',
        replace: '',
      },
    ],
    only: 'downgrade/Migrator-workshop:rds-data.CommitTransaction#2/',
  },
  {
    name: 'still-paid-for',
    says: 'a job that has failed goes on using what the tenant has subscribed to',
    edits: [
      {
        file: 'functions/compose/entitlement-use.ts',
        find: "return state === 'Failed' || state === 'Cancelled' ? 'release' : undefined;",
        replace: 'return undefined;',
      },
    ],
    only: 'install-fails/Migrator-broken_hook:rds-data.CommitTransaction#1/answer-lost',
  },
];

const folders = ['contexts', 'functions', 'infra', 'local', 'statemachines', 'test/support', 'test/faults'];
const files = ['package.json', 'package-lock.json', 'tsconfig.json', 'openapi.json', 'cdk.json'];

/** The files with the bug in them. An edit that does not fit any more is an error: the plant must follow the code. */
export const planted = ({ name, edits }: Plant): ReadonlyMap<string, string> => {
  const texts = new Map<string, string>();
  for (const { file, find, replace } of edits) {
    const text = texts.get(file) ?? readFileSync(file, 'utf8');
    if (text.split(find).length !== 2) throw new Error(`plant ${name}: ${file} does not hold once what is to be replaced: ${find}`);
    texts.set(
      file,
      text.replace(find, () => replace),
    );
  }
  return texts;
};

const copyWith = (plant: Plant): string => {
  const tree = mkdtempSync(join(tmpdir(), 'module-registry-plant-'));
  for (const path of [...folders, ...files]) cpSync(path, join(tree, path), { recursive: true });
  symlinkSync(resolve('node_modules'), join(tree, 'node_modules'));
  for (const [file, text] of planted(plant)) writeFileSync(join(tree, file), text);
  return tree;
};

/** Whether the sweep became red: a case did not converge. A tree that does not even start is another matter, and throws. */
const isFound = async (plant: Plant): Promise<boolean> => {
  const tree = copyWith(plant);
  try {
    const child = spawn(process.execPath, ['test/faults/run.ts', '--only', plant.only], { cwd: tree, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const code = await new Promise<number | null>((done) => child.on('exit', done));
    if (code !== 0 && code !== 1) throw new Error(`the sweep with the plant ${plant.name} did not run:\n${output}`);
    const broken = output.split('\n').filter((line) => /^✗|^ {4}(?!npm)/.test(line));
    process.stdout.write(`${broken.slice(0, 4).join('\n')}\n`);
    return code === 1 && broken.length > 0;
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
};

/** Answers the exit code: as the sweep's for one plant, red; for `all`, 0 when each was found. */
export const plant = async (name: string): Promise<number> => {
  const chosen = name === 'all' ? plants : plants.filter((candidate) => candidate.name === name);
  if (chosen.length === 0) throw new Error(`there is no plant ${name}; there are all, ${plants.map((known) => known.name).join(', ')}`);
  let missed = 0;
  for (const one of chosen) {
    process.stdout.write(`\n${one.name}: ${one.says}\n`);
    const found = await isFound(one);
    if (!found) missed += 1;
    process.stdout.write(found ? '→ red, as it must be\n' : '→ NOT FOUND by the sweep\n');
  }
  if (name === 'all') return missed === 0 ? 0 : 1;
  return missed === 0 ? 1 : 0;
};
