import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type ChangeFactsPorts, readChangeFacts } from '../../../contexts/module-registry/application/change-facts.ts';
import { makePlanChange } from '../../../contexts/module-registry/application/plan-change.ts';
import { makeTenantCatalog, type Prospect } from '../../../contexts/module-registry/application/tenant-catalog.ts';
import { planChange } from '../../../contexts/module-registry/domain/plan.ts';
import type { Universe } from '../../../contexts/module-registry/domain/resolution/resolve.ts';
import { makeMemoryCatalog } from '../../support/memory-catalog.ts';
import { aModule, tenantId } from '../../support/memory-registry.ts';
import { facts, has } from './plan-facts.ts';
import { anEmptyRegistry } from './registry-under-test.ts';
import { question, smallUniverse } from './resolution/small-universes.ts';
import { at, universe as universeOf } from './resolution/universe.ts';

const numRuns = Number(process.env['RUNS'] ?? 1_000);
const configurations = {};

/** A tenant in this universe, without a subscription to a or b, which need one: what planning a change asks of the catalog is written down. */
const aTenant = async (universe: Universe) => {
  const { ports } = anEmptyRegistry();
  const stored = makeMemoryCatalog();
  const entries = [...universe.offers.values()]
    .flat()
    .map((offer) =>
      aModule(
        offer.module,
        { ...offer, dependencies: [...offer.dependencies] },
        { subscriptionRequired: ['a', 'b'].includes(offer.module) },
      ),
    );
  for (const [name, those] of Map.groupBy(entries, ({ module }) => module.name)) {
    const event = { name: 'ModuleRegistered', module: name, actor: 'system', at: at.toISOString() };
    const [first] = those;
    if (first) await stored.save({ module: first.module, versions: those.map(({ version }) => version), others: [], event });
  }
  const asked: string[] = [];
  const noted =
    <I extends { readonly length: number }, R>(question: string, ask: (of: I) => R) =>
    (of: I): R => {
      if (of.length > 0) asked.push(question);
      return ask(of);
    };
  const modules = universe.standing.map(({ module, version }) => has(module, { version }));
  const tenant = await ports.tenantModules.read(tenantId);
  if (!tenant) throw new Error('the tenant is there');
  const noting = {
    read: noted('read', stored.read),
    versions: noted('versions', stored.versions),
    offered: noted('offered', stored.offered),
  };
  return {
    asked,
    entries,
    modules,
    ports: {
      ...ports,
      catalog: { ...stored, ...noting },
      tenantModules: { ...ports.tenantModules, read: async () => ({ ...tenant, modules }) },
      clock: { now: () => at },
    },
  };
};

/** One that changes a module which stands and is named by nobody: z, since y is needed otherwise than z needs it. */
const moving = `
  x 1.0.0 needs y ^2.0
  y 1.0.0
  y 2.0.0
  z 1.0.0 needs y ^1.0
  z 2.0.0 needs y ^2.0
`;
const install = (module: string) => ({ tenantId, kind: 'install', modules: [{ module }], configurations }) as const;
const stepsOf = async (ports: ChangeFactsPorts, change: ReturnType<typeof install>) => {
  const plan = planChange(change, await readChangeFacts(ports, change, at));
  return 'reason' in plan ? plan.reason : plan.steps.map(({ module, to }) => `${module} ${to}`);
};

describe('What is read of the catalog for a change', () => {
  test.each([
    ['leans on what must change', moving, 'y 1.0.0, z 1.0.0', ['y 2.0.0', 'z 2.0.0', 'x 1.0.0']],
    [
      'could use what comes, in another version',
      'x 2.0.0\n z 1.0.0 knows x ^1.0\n z 2.0.0 knows x ^2.0',
      'z 1.0.0',
      ['x 2.0.0', 'z 2.0.0'],
    ],
    ['is of use to what comes, in another version', 'x 1.0.0 knows z ^2.0\n z 1.0.0\n z 2.0.0', 'z 1.0.0', ['z 2.0.0', 'x 1.0.0']],
    [
      'needs something new in the version in which it fits',
      'x 1.0.0 needs y ^2.0\n y 1.0.0\n y 2.0.0\n z 1.0.0 needs y ^1.0\n z 2.0.0 needs y ^2.0, needs n ^1.0\n n 1.0.0',
      'y 1.0.0, z 1.0.0',
      ['n 1.0.0', 'y 2.0.0', 'x 1.0.0', 'z 2.0.0'],
    ],
    [
      'is but one, where it would otherwise be two',
      'x 1.0.0\n x 2.0.0 needs a ^2.0, needs b ^2.0\n a 1.0.0\n a 2.0.0\n b 1.0.0\n b 2.0.0\n z 1.0.0 knows x ^2.0\n z 2.0.0 knows x ^1.0',
      'a 1.0.0, b 1.0.0, z 1.0.0',
      ['x 1.0.0', 'z 2.0.0'],
    ],
  ])('lets an install raise what stands that %s', async (_, offers, standing, steps) => {
    const { ports } = await aTenant(universeOf(offers, standing));
    const found = await stepsOf(ports, install('x'));
    expect(typeof found === 'string' ? found : found.toSorted()).toEqual(steps.toSorted());
  });

  test.each([
    ['a module that needs nothing, for a tenant that has nothing', 'x 1.0.0', '', ['read']],
    ['a module that needs nothing, for a tenant that has others', 'x 1.0.0\n z 1.0.0', 'z 1.0.0', ['read', 'versions']],
    [
      'a module that fits to what stands, on which others lean',
      'x 1.0.0 needs y ^1.0\n y 1.0.0\n y 2.0.0\n z 1.0.0 needs y ^1.0',
      'y 1.0.0, z 1.0.0',
      ['read', 'read', 'versions'],
    ],
    ['a module that moves another', moving, 'y 1.0.0, z 1.0.0', ['read', 'read', 'versions', 'offered', 'versions']],
  ])('is little: %s', async (_, offers, standing, requests) => {
    const { ports, asked } = await aTenant(universeOf(offers, standing));
    await readChangeFacts(ports, install('x'), at);
    expect(asked).toEqual(requests);
  });

  test('is asked for as often where many would have to move as where one would', async () => {
    const many = Array.from({ length: 40 }, (_, n) => `m${n}`);
    const lines = many.flatMap((name) => [`${name} 1.0.0 needs y ^1.0`, `${name} 2.0.0 needs y ^2.0`]);
    const standing = ['y', 'z', ...many].map((name) => `${name} 1.0.0`).join(', ');
    const { ports, asked } = await aTenant(universeOf([moving, ...lines].join('\n'), standing));
    await readChangeFacts(ports, install('x'), at);
    expect(asked).toEqual(['read', 'read', 'versions', 'offered', 'versions']);
  });

  test('leads to the plan, or the reason why there is none, to which all of it leads', async () => {
    await fc.assert(
      fc.asyncProperty(question, async ({ universe, request }) => {
        const { ports, entries, modules } = await aTenant(universe);
        const change = { ...request, tenantId, configurations };
        const [read, all] = [planChange(change, await readChangeFacts(ports, change, at)), planChange(change, facts(entries, modules))];
        expect('reason' in read ? read.reason : read.steps).toEqual('reason' in all ? all.reason : all.steps);
      }),
      { numRuns },
    );
  });
});

describe('What the catalog offers to a tenant', () => {
  const brought = ({ version, brings }: Prospect, module: string) =>
    [{ module, version }, ...brings].map((one) => `${one.module} ${one.version}`).toSorted();

  test('a request for it is granted, and brings just that; what is in its way is in the request’s way', async () => {
    await fc.assert(
      fc.asyncProperty(smallUniverse, async (universe) => {
        const { ports } = await aTenant(universe);
        const { items } = await makeTenantCatalog(ports)(tenantId, { limit: 100 });
        for (const { module, install: wanted, upgrade } of items) {
          const prospect = wanted ?? upgrade;
          if (prospect === undefined) continue;
          const kind = wanted ? 'install' : 'upgrade';
          const { checks, steps } = await makePlanChange(ports)({ tenantId, kind, modules: [{ module: module.name }], configurations });
          const [refusal] = checks.flatMap((check) => check.refusal ?? []);
          const [missing] = prospect.missing;
          expect([refusal?.reason, refusal?.facts?.['module']]).toEqual([missing?.reason, missing?.facts?.['module']]);
          if (refusal === undefined)
            expect(steps.map((step) => `${step.module} ${step.to}`).toSorted()).toEqual(brought(prospect, module.name));
        }
      }),
      { numRuns },
    );
  });
});
