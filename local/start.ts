import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cloud, startCloud } from './cloud.ts';
import { firstRun } from './first-run.ts';

/** `npm start`: the embedded cloud, with two tenants to try it on, until Ctrl-C. `PORT`: the API's; `LOCAL_DIR`: the state. */

const localDir = process.env['LOCAL_DIR'] ?? '.local';
const log = (message: string): void => console.log(message);
const healthTriesMax = 100;

const callAs =
  (cloud: Cloud, token: string) =>
  async (method: string, path: string, body?: unknown): Promise<{ status: number; body: Record<string, unknown> }> => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const response = await fetch(`${cloud.api}/api/v1${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

const healthy = async (cloud: Cloud): Promise<void> => {
  for (let tries = 0; tries < healthTriesMax; tries += 1) {
    if ((await fetch(`${cloud.api}/api/v1/health`)).status === 200) return;
    await sleep(100);
  }
  throw new Error('the API does not become healthy; the logs in the state folder say more');
};

const announce = async (cloud: Cloud): Promise<string> => {
  const platformAdmin = await cloud.mint({ sub: 'platform-admin', role: 'platform-admin' });
  const ids = await firstRun(callAs(cloud, platformAdmin), log);
  const admin = (tenant: 'acme' | 'globex'): Promise<string> =>
    cloud.mint({ sub: `${tenant}-admin`, role: 'tenant-admin', tenant: ids[tenant] });
  const tokens = { platformAdmin, acmeAdmin: await admin('acme'), globexAdmin: await admin('globex') };
  await healthy(cloud);
  const file = join(localDir, 'cloud.json');
  const { api, dynamodb, gateway, postgres } = cloud;
  const facts = { api, tokens, dynamodb, dataApi: `${gateway}/rds-data`, postgres, counters: `${gateway}/counters`, pid: process.pid };
  writeFileSync(`${file}.new`, `${JSON.stringify(facts, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
  console.log(`\nAPI            ${api}/api/v1   (docs: ${api}/api/v1/docs)`);
  for (const [name, token] of Object.entries(tokens)) console.log(`${name.padEnd(14)} ${token}`);
  console.log(`\nInstall a module for acme:\n
curl -X POST ${api}/api/v1/tenants/acme/modules -H 'content-type: application/json' \\
  -H 'authorization: Bearer ${tokens.acmeAdmin}' -d '{"module":"digital_card"}'
\nAll of this is in ${file}. Ctrl-C ends it; the state is kept (npm run local:reset forgets it).`);
  return file;
};

const removeOwn = (file: string): void => {
  try {
    if ((JSON.parse(readFileSync(file, 'utf8')) as { pid: number }).pid === process.pid) rmSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
};

const portOf = (text: string | undefined): number | undefined => {
  if (text === undefined || text === '') return undefined;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error(`PORT=${text} is not a port; use 1 to 65535, or leave it out`);
  return port;
};

const main = async (): Promise<void> => {
  const startedAt = performance.now();
  const cloud = await startCloud({ localDir, port: portOf(process.env['PORT']), log });
  let stopping: Promise<void> | undefined;
  const stop = (): void => {
    stopping ??= cloud.stop().then(() => {
      removeOwn(join(localDir, 'cloud.json'));
      console.log('stopped; the state is kept');
      process.exit(0);
    });
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  try {
    await announce(cloud);
  } catch (error) {
    if (stopping !== undefined) return;
    await cloud.stop();
    throw error;
  }
  console.log(`\nready after ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
};

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
});
