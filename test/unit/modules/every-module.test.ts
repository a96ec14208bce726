import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import * as semver from 'semver';
import * as z from 'zod';
import { scanContexts } from '../../../contexts/module-registry/adapters/context-scanner.ts';
import type { Route } from '../../../contexts/shared/application/route.ts';
import { declaredModuleRoutes, declaredRoutes } from '../../../functions/api/routes.ts';

const contexts = await scanContexts(['contexts']);
const apis = contexts.flatMap(({ manifest, api }) =>
  api === undefined ? [] : [{ name: manifest.name, api, routes: declaredModuleRoutes(api) }],
);
const routes = apis.flatMap((api) => api.routes.map((route) => [`${route.method} ${route.path}`, route] as const));
const all: readonly Route[] = [...Object.values(declaredRoutes).flat(), ...routes.map(([, route]) => route)];
const twice = (names: readonly string[]): readonly string[] => names.filter((name, index) => names.indexOf(name) !== index);

/** What holds for every folder with a manifest, whoever adds it: nothing here names one. */
describe.each(contexts.map((context) => [context.manifest.name, context] as const))('The module %s', (_, { manifest, folder }) => {
  test('has a README of at most 30 lines that names each of its tables', () => {
    const readme = readFileSync(`${folder}/README.md`, 'utf8');
    expect(readme.trimEnd().split('\n').length).toBeLessThanOrEqual(30);
    const tables = manifest.versions.flatMap((version) => [...version.tables.landlord, ...version.tables.tenant]);
    expect(tables.filter((table) => !readme.includes(`\`${table}\``))).toEqual([]);
  });

  test('depends only on modules that are there, in ranges that a version fits', () => {
    const unmet = manifest.versions.flatMap(({ dependencies }) =>
      dependencies.filter(({ module, range }) => {
        const other = contexts.find((context) => context.manifest.name === module);
        return !other?.manifest.versions.some(({ version }) => semver.satisfies(version, range));
      }),
    );
    expect(unmet).toEqual([]);
  });

  test('can be configured with {}, which is what an install without a configuration sends', () => {
    for (const { configuration } of manifest.versions)
      expect(z.fromJSONSchema(configuration as Parameters<typeof z.fromJSONSchema>[0]).safeParse({}).error).toBeUndefined();
  });
});

describe('The APIs of modules', () => {
  test('are each of their own module, and stay below its tenants', () => {
    expect(apis.filter(({ name, api }) => api.module !== name).map(({ name }) => name)).toEqual([]);
    expect(routes.map(([name]) => name).filter((name) => !/^\w+ \/tenants\/\{tenant\}\/[a-z]/.test(name))).toEqual([]);
  });

  test('share no path and no operation with each other or with the registry', () => {
    expect(twice(all.map(({ method, path }) => `${method} ${path.replaceAll(/\{\w+\}/g, '{}')}`))).toEqual([]);
    expect(twice(all.map(({ operationId }) => operationId))).toEqual([]);
  });

  test('let nobody change something who may only look, and nobody in without a token', () => {
    expect(routes.filter(([, { method, roles }]) => roles === 'public' || (method !== 'GET' && roles.includes('tenant-viewer')))).toEqual(
      [],
    );
  });

  test.each(routes)(
    '%s declares each parameter of its path, and takes no field that it does not know',
    (_, { path, params, query, body }) => {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).filter((name) => name !== 'tenant');
      expect(Object.keys(params?.shape ?? {}).toSorted()).toEqual(named.toSorted());
      for (const schema of [params, query, body])
        if (schema !== undefined)
          expect(schema.safeParse({ 'no such field': 1 }).error?.issues.map(({ code }) => code)).toContain('unrecognized_keys');
    },
  );

  test.each(routes.filter(([, { body }]) => body !== undefined))('%s shows a body that it accepts', (_, { body, bodyExample }) => {
    expect(body?.safeParse(bodyExample ?? {}).error).toBeUndefined();
  });
});
