import { expect, test } from '@jest/globals';
import { resourcesOf, synthesized } from './synthesized.ts';

interface Statement {
  readonly Action: string | readonly string[];
  readonly Condition?: unknown;
}

test('A module’s migrator may put events of the module’s own source, and nothing else of a module may put any', async () => {
  const { modules } = await synthesized();
  const rights = modules.flatMap((stack) =>
    resourcesOf(stack, 'AWS::IAM::Policy').flatMap(([id, { Properties }]) =>
      (Properties['PolicyDocument'] as { readonly Statement: readonly Statement[] }).Statement.filter(({ Action }) =>
        [Action].flat().some((action) => action.startsWith('events:')),
      ).map(({ Action, Condition }) => ({ id, Action, Condition })),
    ),
  );

  expect(rights).toHaveLength(modules.length);
  for (const { id, ...right } of rights) {
    const [, module = ''] = /^Migrator([a-z]+)Role/.exec(id) ?? [];
    expect(right).toEqual({
      Action: 'events:PutEvents',
      Condition: {
        'ForAllValues:StringEquals': { 'events:source': [expect.stringMatching(/^module\.[a-z_]+$/)] },
        Null: { 'events:source': 'false' },
      },
    });
    expect(JSON.stringify(right).replaceAll('_', '')).toContain(`module.${module}"`);
  }
});
