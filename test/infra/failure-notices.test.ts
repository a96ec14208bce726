import { expect, test } from '@jest/globals';
import { type JobKind, jobKinds, onlyReads } from '../../contexts/module-registry/index.ts';
import { domainEvents } from '../../functions/events/domain-events.ts';
import { matchesPattern } from '../../local/event-pattern.ts';
import { resourcesOf, synthesized } from './synthesized.ts';

test('Administrators are told of every kind of job that fails or needs them, of access denied, and of nothing else', async () => {
  const { service } = await synthesized();
  const notices = resourcesOf(service, 'AWS::Events::Rule').filter(([, { Properties }]) =>
    JSON.stringify(Properties['Targets']).includes('InstallFailures'),
  );
  const patterns = notices.map(([, { Properties }]) => Properties['EventPattern']);
  const told = domainEvents.filter(({ name }) =>
    patterns.some((pattern) => matchesPattern(pattern, { source: 'module-registry', 'detail-type': name })),
  );
  const endings = Map.groupBy(told, ({ group }) => group);
  expect(notices.length).toBe(1);
  // what only reads fails, and never needs a person
  const wanted = (kind: JobKind): number => (onlyReads(kind) ? 1 : 2);
  for (const kind of jobKinds) expect([kind, endings.get(kind)?.length]).toEqual([kind, wanted(kind)]);
  expect(told.length).toBe(jobKinds.reduce((sum, kind) => sum + wanted(kind), 1));
  expect(told.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['ModuleUpgradeFailed', 'ModulePurgeNeedsIntervention', 'AccessDenied']),
  );
});
