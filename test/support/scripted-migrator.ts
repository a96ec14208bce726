import { parseMigratorRequest } from '../../contexts/shared/application/parse-migrator-request.ts';
import { CONTRACT, type MigratorRequest, SliceAnswer } from '../../contexts/shared/domain/migrator-contract.ts';
import type { InvokedFunction } from './workflow.ts';

type Slice = Omit<SliceAnswer, 'contract'>;
/** What one call does: answers a slice, fails, or first lets something else happen. */
export type Turn = Slice | Error | (() => Promise<Slice>);
/** The turns of each operation, in order. An operation without any is done at once, however often it is asked for. */
export type Script = Readonly<Partial<Record<MigratorRequest['operation'], readonly Turn[]>>>;

/** Stands in for a module's migrator function, which is outside: it keeps to the contract's schemas, and to a script. */
export const makeScriptedMigrator = (
  script: Script = {},
): { readonly invoke: InvokedFunction; readonly requests: readonly MigratorRequest[] } => {
  const requests: MigratorRequest[] = [];
  const taken = new Map<string, number>();
  const next = (operation: MigratorRequest['operation']): Turn | undefined => {
    const turns = script[operation];
    if (!turns) return { done: true, applied: 1, total: 1 };
    const turn = taken.get(operation) ?? 0;
    taken.set(operation, turn + 1);
    return turns[turn];
  };
  return {
    requests,
    invoke: async (payload) => {
      const request = parseMigratorRequest(payload);
      requests.push(request);
      const turn = next(request.operation);
      if (turn === undefined) throw new Error(`the script has no further turn for ${request.operation}`);
      if (turn instanceof Error) throw turn;
      return SliceAnswer.parse({ contract: CONTRACT, ...(typeof turn === 'function' ? await turn() : turn) });
    },
  };
};
