import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { startCloud } from '../local/cloud.ts';
import { removePostgres } from '../local/postgres.ts';
import { type ApiClient, makeApiClient } from '../test/support/api-client.ts';
import { makeTenantDatabases, type TenantDatabases } from '../test/support/tenant-databases.ts';
import { makeRecorder, type Recorder } from './recorder.ts';

/** What a story needs: one client per person, a way to look into the tenants' databases, the recorder, and time. */
export interface StoryTools {
  readonly recorder: Recorder;
  readonly platformAdmin: ApiClient;
  /** A tenant admin's client; the token carries the tenant's id, so it can be made once the tenant exists. */
  readonly tenantAdmin: (tenantId: string) => Promise<ApiClient>;
  readonly databases: TenantDatabases;
  /** Moves the cloud's clock forward. */
  readonly advance: (milliseconds: number) => void;
}

/** Tells a story on an embedded cloud of its own that is gone afterwards. `-- --json FILE` keeps what was seen; exits 1 when a check does not hold. */
export const perform = async (name: string, tell: (tools: StoryTools) => Promise<void>): Promise<void> => {
  const jsonAt = process.argv.indexOf('--json');
  const jsonFile = jsonAt < 0 ? undefined : process.argv[jsonAt + 1];
  if (jsonAt >= 0 && jsonFile === undefined) {
    console.error(`--json needs a file to write to: npm run ${name} -- --json FILE`);
    process.exitCode = 2;
    return;
  }
  const localDir = mkdtempSync(join(tmpdir(), `module-registry-${name}-`));
  chmodSync(localDir, 0o711);
  const roots = ['contexts', 'test/support/contexts'];
  const startedAt = performance.now();
  const cloud = await startCloud({ localDir, roots, parameters: { SliceBudgetMs: '0' }, log: (message) => console.log(message) });
  const end = async (): Promise<void> => {
    await cloud.stop();
    removePostgres(join(localDir, 'postgres'));
    rmSync(localDir, { recursive: true, force: true });
  };
  process.on('SIGINT', () => void end().then(() => process.exit(130)));

  const recorder = makeRecorder((line) => console.log(line));
  try {
    const platformAdmin = makeApiClient(cloud.api, await cloud.mint({ sub: 'platform-admin', role: 'platform-admin' }));
    const secrets = new SecretsManagerClient({
      region: cloud.region,
      endpoint: `${cloud.gateway}/secretsmanager`,
      credentials: cloud.administrator,
    });
    const tenantId = async (slug: string): Promise<string> => String((await platformAdmin.get(`/tenants/${slug}`)).body['id']);
    await tell({
      recorder,
      platformAdmin,
      tenantAdmin: async (tenant) => makeApiClient(cloud.api, await cloud.mint({ sub: 'tenant-admin', role: 'tenant-admin', tenant })),
      databases: makeTenantDatabases({ postgres: cloud.postgres, secrets, tenantId }),
      advance: cloud.clock.advance,
    });
  } finally {
    await end();
  }
  const steps = recorder.steps();
  const failures = recorder.failures();
  if (jsonFile !== undefined) writeFileSync(jsonFile, `${JSON.stringify({ passed: failures === 0, steps }, null, 2)}\n`);
  const checks = steps.flatMap((step) => step.checks).length;
  console.log(
    `\n${steps.length} steps, ${checks - failures} of ${checks} checks hold, ${((performance.now() - startedAt) / 1000).toFixed(1)} s`,
  );
  process.exitCode = failures === 0 ? 0 : 1;
};
