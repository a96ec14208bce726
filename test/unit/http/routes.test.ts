import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { declaration as cards } from '../../../contexts/digital-card/api.ts';
import { type Caller, defineApi, defineRoute, type Route, readers } from '../../../contexts/shared/application/route.ts';
import { Defect, Refused } from '../../../contexts/shared/domain/errors.ts';
import type { Tenant } from '../../../contexts/tenancy/index.ts';
import { type ModuleRoutePorts, makeModuleRoutes } from '../../../functions/api/module-routes.ts';
import { declaredModuleRoutes, declaredRoutes, moduleRoutes, registryRoutes } from '../../../functions/api/routes.ts';

const all: readonly Route[] = [...Object.values(declaredRoutes).flat(), ...declaredModuleRoutes(cards)];
const namesIn = (path: string): readonly string[] => [...path.matchAll(/\{(\w+)\}/g)].flatMap(([, name]) => name ?? []);

describe('The routes', () => {
  test('are each served by one function, under one operation', () => {
    const keys = all.map(({ method, path }) => `${method} ${path}`);
    const operations = all.map(({ operationId }) => operationId);

    expect(new Set(keys).size).toBe(keys.length);
    expect(new Set(operations).size).toBe(operations.length);
  });

  test.each(all.map((route) => [`${route.method} ${route.path}`, route] as const))('%s declares each parameter of its path', (_, route) => {
    const declared = Object.keys(route.params?.shape ?? {});

    expect(declared.toSorted()).toEqual(
      namesIn(route.path)
        .filter((name) => name !== 'tenant')
        .toSorted(),
    );
  });

  test.each(all.map((route) => [`${route.method} ${route.path}`, route] as const))(
    '%s takes no field that it does not know',
    (_, route) => {
      for (const schema of [route.params, route.query, route.body]) {
        // what a record may hold is judged by another schema: that of the version which a tenant has
        if (schema === undefined || schema instanceof z.ZodRecord) continue;
        const issues = schema.safeParse({ 'no such field': 1 }).error?.issues ?? [];
        expect(issues.map(({ code }) => code)).toContain('unrecognized_keys');
      }
    },
  );

  test.each(all.flatMap((route) => (route.body === undefined ? [] : [[route.operationId, route] as const])))(
    '%s shows a body that it accepts',
    (_, route) => {
      expect(route.body?.safeParse(route.bodyExample ?? {}).error).toBeUndefined();
    },
  );

  test('need a token, but health, the description of the API and its page', () => {
    const open = all.filter(({ roles }) => roles === 'public').map(({ path }) => path);

    expect(open).toEqual(['/health', '/openapi.json', '/docs', '/docs/redoc.standalone.js']);
    expect(registryRoutes.ApiSystem.every((route) => route.public === true)).toBe(true);
    expect([...registryRoutes.ApiRegistry, ...registryRoutes.ApiTenants, ...moduleRoutes(cards)].some((route) => route.public)).toBe(false);
  });

  test('that change something are closed to viewers', () => {
    // a plan is asked for with a body, and changes nothing
    const changing = all.filter(({ method, operationId }) => method !== 'GET' && operationId !== 'planModuleChange');

    expect(changing.filter(({ roles }) => roles === 'public' || roles.includes('tenant-viewer'))).toEqual([]);
  });

  test('of a module stay below its tenants', () => {
    for (const { path } of moduleRoutes(cards)) expect(path).toMatch(/^\/tenants\/\{tenant\}\//);
  });

  test('that are only listed cannot be called', async () => {
    const [first] = declaredModuleRoutes(cards).filter(({ operationId }) => operationId === 'listCardTemplates');
    const request = { caller, tenant: { id: tenant.id, slug: 'acme' }, params: {}, query: {}, body: undefined, requestId: 'r' };

    await expect(first?.handle(request)).rejects.toThrow('nothing stands behind them');
  });
});

const tenant: Tenant = {
  id: '01JD0000000000000000000ACM',
  slug: 'acme',
  name: 'Acme',
  status: 'active',
  plan: 'standard',
  revision: 1,
  sequence: 0,
  clusterArn: 'arn:cluster',
  database: 'tenant_acme',
  ownerSecretArn: 'arn:owner',
  appSecretArn: 'arn:app',
  createdAt: new Date(0),
};
const caller: Caller = { subject: 'ada', role: 'tenant-admin', tenantId: tenant.id };

describe('A module’s route', () => {
  const opened: unknown[] = [];
  const api = defineApi({
    module: 'notes',
    routes: ({ database }) => [
      defineRoute({
        method: 'GET',
        path: '/tenants/{tenant}/notes',
        operationId: 'listNotes',
        summary: 'List',
        tags: ['Notes'],
        roles: readers,
        answers: { 200: { description: 'Notes.', schema: z.strictObject({ items: z.array(z.unknown()) }) } },
        handle: async ({ tenant: asked }) => {
          const { rows } = await database(asked).query({ sql: 'SELECT 1', parameters: [] });
          return { status: 200, body: { items: [...rows] } };
        },
      }),
    ],
  });
  const usual: ModuleRoutePorts = {
    requireModule: async () => {},
    readTenant: async () => tenant,
    openDatabase: (home) => {
      opened.push(home);
      return { query: async () => ({ rows: [{ id: 1 }], affected: 0 }), transaction: () => Promise.reject(new Error('not asked for')) };
    },
    readConfiguration: async (tenantId, module) => ({ tenantId, module }),
    readSecret: async (tenantId, module, field) => [tenantId, module, field],
    clock: { now: () => new Date(0) },
    newId: () => '1',
  };
  const request = {
    ...{ caller, tenant: { id: tenant.id, slug: 'acme' } },
    ...{ params: {}, query: {}, body: undefined, requestId: 'request-1' },
  };
  const call = (ports: Partial<ModuleRoutePorts> = {}) => {
    opened.length = 0;
    const [route] = makeModuleRoutes(api, { ...usual, ...ports });
    return route?.handle(request);
  };

  test('works in the tenant’s database with the secret of its app role', async () => {
    expect(await call()).toEqual({ status: 200, body: { items: [{ id: 1 }] } });
    expect(opened).toEqual([{ id: tenant.id, clusterArn: 'arn:cluster', database: 'tenant_acme', appSecretArn: 'arn:app' }]);
  });

  test('asks for the configuration of its own module, and for its secrets, of the tenant that it is given', async () => {
    const read: unknown[] = [];
    const [route] = makeModuleRoutes(
      defineApi({
        module: 'notes',
        routes: ({ configuration, secret }) => [
          defineRoute({
            ...{ method: 'GET', path: '/tenants/{tenant}/notes', operationId: 'listNotes', summary: 'a list', tags: ['Notes'] },
            roles: readers,
            answers: { 204: { description: 'Nothing.' } },
            handle: async (request) => {
              read.push(await configuration(request.tenant), await secret(request.tenant, 'key'));
              return { status: 204 };
            },
          }),
        ],
      }),
      usual,
    );
    await route?.handle(request);

    expect(read).toEqual([{ tenantId: tenant.id, module: 'notes' }, [tenant.id, 'notes', 'key']]);
  });

  test('opens nothing for a tenant that does not have the module', async () => {
    const refusal = { kind: 'not-found', reason: 'module-not-installed', message: 'notes is not installed' } as const;
    const asked: unknown[] = [];
    const requireModule = async (tenantId: string, module: string): Promise<void> => {
      asked.push([tenantId, module]);
      throw new Refused(refusal);
    };

    await expect(call({ requireModule })).rejects.toMatchObject({ refusal });
    expect(asked).toEqual([[tenant.id, 'notes']]);
    expect(opened).toEqual([]);
  });

  test('that finds no tables since the module is taken away meanwhile says so; any other defect stays one', async () => {
    const refusal = { kind: 'conflict', reason: 'module-in-change', message: 'notes is being uninstalled' } as const;
    const gone = new Defect('PostgreSQL refused the statement', { sqlState: '42P01' });
    const openDatabase: ModuleRoutePorts['openDatabase'] = () => ({
      query: () => Promise.reject(gone),
      transaction: () => Promise.reject(gone),
    });
    let looked = 0;
    const requireModule = async (): Promise<void> => {
      looked += 1;
      if (looked > 1) throw new Refused(refusal);
    };

    await expect(call({ openDatabase, requireModule })).rejects.toMatchObject({ refusal });
    await expect(call({ openDatabase })).rejects.toBe(gone);
  });
});

type Documented = Readonly<Record<string, { readonly requestBody?: { readonly content: object } }>>;

test('A body that is a merge patch may say so in its content type, and the document tells', () => {
  const { paths } = JSON.parse(readFileSync('openapi.json', 'utf8')) as { readonly paths: Readonly<Record<string, Documented>> };
  const typesOf = ({ path, method }: Route) => Object.keys(paths[path]?.[method.toLowerCase()]?.requestBody?.content ?? {});
  const patches = all.filter((route) => typesOf(route).includes('application/merge-patch+json'));

  expect(patches.map(({ operationId }) => operationId)).toEqual(['configureModule']);
  expect(patches.map(typesOf)).toEqual([['application/json', 'application/merge-patch+json']]);
});
