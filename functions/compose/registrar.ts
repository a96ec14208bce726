import { randomBytes } from 'node:crypto';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import { makeDynamoCatalog, makeLandlordAdministration, makeRegisterModule } from '../../contexts/module-registry/index.ts';
import { makeDataApiClient, makeDataApiDatabase } from '../../contexts/shared/adapters/data-api.ts';
import { makeDynamoIdempotency } from '../../contexts/shared/adapters/dynamo-idempotency.ts';
import { Refused } from '../../contexts/shared/domain/errors.ts';
import { Manifest } from '../../contexts/shared/domain/manifest.ts';
import { scramVerifier } from '../../contexts/tenancy/index.ts';
import { clock, newId, openTable, settings } from './registry.ts';

const ModuleProperties = z.object({ Manifest: z.string(), MigratorArn: z.string(), LandlordSecretArn: z.string() });
const LandlordProperties = z.object({ HealthSecretArn: z.string() });
/** The password of the role; generated with the stack, never in a template or a log. */
const Stored = z.object({ password: z.string() });
type RequestType = 'Create' | 'Update' | 'Delete';

export const composeRegistrar = () => {
  const env = settings({ CLUSTER_ARN: z.string(), ADMIN_SECRET_ARN: z.string() });
  const table = openTable();
  const client = makeDataApiClient();
  const secrets = new SecretsManagerClient({});
  const administration = makeLandlordAdministration((database, secretArn = env.ADMIN_SECRET_ARN) =>
    makeDataApiDatabase({ client, resourceArn: env.CLUSTER_ARN, secretArn, database }),
  );
  const catalog = makeDynamoCatalog(table, newId);
  const verifierIn = async (secretArn: string): Promise<string> => {
    const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: secretArn }));
    return scramVerifier(Stored.parse(JSON.parse(SecretString ?? '{}')).password, randomBytes(16));
  };
  const register = makeRegisterModule({ catalog, idempotency: makeDynamoIdempotency(table), clock });

  return {
    /** Nothing is dropped with the stack: the databases are retained. */
    landlord: async (request: RequestType, properties: unknown): Promise<string> => {
      if (request === 'Delete') return 'landlord';
      const { HealthSecretArn } = LandlordProperties.parse(properties);
      await administration.bootstrap();
      await administration.ensureHealthRole(await verifierIn(HealthSecretArn));
      return 'landlord';
    },
    module: async (request: RequestType, properties: unknown): Promise<string> => {
      const { Manifest: document, MigratorArn: migratorArn, LandlordSecretArn: secretArn } = ModuleProperties.parse(properties);
      const manifest = Manifest.parse(JSON.parse(document));
      if (request === 'Delete') {
        if (await catalog.read(manifest.name)) throw new Refused(stillRegistered(manifest.name));
        return `module/${manifest.name}`;
      }
      await administration.ensureModuleRole(manifest.name, await verifierIn(secretArn));
      await administration.ensureModuleSchema(manifest.name, secretArn);
      await refuseRemoved(await catalog.read(manifest.name), manifest);
      await register({ manifest, migratorArn, actor: 'system' });
      return `module/${manifest.name}`;
    },
  };
};

const stillRegistered = (module: string): ConstructorParameters<typeof Refused>[0] => ({
  kind: 'conflict',
  reason: 'module-registered',
  message: `${module} is registered and tenants may have it; its stack cannot be deleted: withdraw its versions and keep the stack`,
});

/** A version once registered stays deployed: tenants and archives may stand at it. */
const refuseRemoved = async (
  entry: { readonly versions: readonly { readonly version: string }[] } | undefined,
  manifest: Manifest,
): Promise<void> => {
  const deployed = new Set(manifest.versions.map(({ version }) => version));
  const removed = (entry?.versions ?? []).map(({ version }) => version).filter((version) => !deployed.has(version));
  if (removed.length === 0) return;
  throw new Refused({
    kind: 'conflict',
    reason: 'version-removed',
    message: `${manifest.name} ${removed.join(', ')} left the manifest, but a registered version stays deployed: put it back`,
  });
};
