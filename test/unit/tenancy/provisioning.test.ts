import { describe, expect, test } from '@jest/globals';
import { makeDeprovision, makeProvision } from '../../../contexts/tenancy/application/provisioning.ts';
import { scramVerifier } from '../../../contexts/tenancy/application/scram.ts';
import { newTenant } from '../../../contexts/tenancy/domain/tenant.ts';

const tenant = newTenant({
  id: '01JD0000000000000000000ACM',
  slug: 'acme-corp',
  name: 'Acme',
  plan: 'standard',
  clusterArn: 'arn',
  createdAt: new Date(0),
});

/** A cluster and a secret store that write down what they were asked, in order. */
const aCluster = (open: readonly string[] = []) => {
  const log: string[] = [];
  const secrets = new Map<string, string>();
  return {
    log,
    ports: {
      administration: {
        raiseFence: async () => {},
        ensureRole: async (_: unknown, name: string, { verifier }: { readonly verifier: string }) =>
          void log.push(`role ${name} ${verifier.split('$')[0]}`),
        ensureDatabase: async ({ database }: { readonly database: string }) => void log.push(`database ${database}`),
        ensurePlatform: async ({ database }: { readonly database: string }, secret: string) =>
          void log.push(`platform ${database} ${secret}`),
        publicConnect: async () => open,
        archiveDatabase: async () => {},
        restoreDatabase: async () => {},
        remove: async ({ database }: { readonly database: string }, fence: number) =>
          void log.push(`remove ${database} under fence ${fence}`),
      },
      secrets: {
        ensure: async (id: string, role: string, { password }: { readonly password: string }) => {
          const arn = `arn:${id}/${role}`;
          const stored = secrets.get(arn) ?? password;
          secrets.set(arn, stored);
          log.push(`secret ${role}`);
          return { arn, password: stored };
        },
        remove: async (id: string) => void log.push(`remove ${id}`),
      },
      newPassword: () => 'secret',
      newSalt: () => new Uint8Array(16),
    },
  };
};

describe('Provisioning', () => {
  test('makes secrets before roles, and the database before what is in it', async () => {
    const { log, ports } = aCluster();
    const made = await makeProvision(ports)(tenant, 1);
    expect(log).toEqual([
      'secret owner',
      'secret app',
      'role tenant_acme_corp_owner SCRAM-SHA-256',
      'role tenant_acme_corp_app SCRAM-SHA-256',
      'database tenant_acme_corp',
      `platform tenant_acme_corp arn:${tenant.id}/owner`,
    ]);
    expect(made).toEqual({ ownerSecretArn: `arn:${tenant.id}/owner`, appSecretArn: `arn:${tenant.id}/app` });
  });

  test('fails when PUBLIC may still connect, naming the databases', async () => {
    const { ports } = aCluster(['template1']);
    await expect(makeProvision(ports)(tenant, 1)).rejects.toMatchObject({ name: 'Defect', facts: { databases: ['template1'] } });
  });

  test('is undone in reverse', async () => {
    const { log, ports } = aCluster();
    await makeDeprovision(ports)(tenant, 7);
    expect(log).toEqual(['remove tenant_acme_corp under fence 7', `remove ${tenant.id}`]);
  });
});

test('A SCRAM verifier is the one of RFC 7677’s example', () => {
  const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');
  expect(scramVerifier('pencil', salt)).toBe(
    'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
  );
});
