import { parseMigratorRequest } from '../../contexts/shared/application/parse-migrator-request.ts';
import { CONTRACT, type MigratorRequest, RestorePointAnswer, SliceAnswer } from '../../contexts/shared/domain/migrator-contract.ts';
import type { InvokedFunction } from './workflow.ts';

type Slice = Omit<SliceAnswer, 'contract'>;
/** What one call does: answers a slice, fails, or first lets something else happen. */
export type Turn = Slice | Error | (() => Promise<Slice>);
/** The turns of each operation, in order, or what it always does. An operation without any is done at once, however often it is asked for. */
export type Script = Readonly<Partial<Record<MigratorRequest['operation'], readonly Turn[] | ((request: MigratorRequest) => Turn)>>>;

const point: Omit<RestorePointAnswer, 'contract'> = { fingerprint: 'f1', rowCounts: { rows: 2 }, at: '2026-01-01T00:00:00.000Z' };

/** Stands in for a module's migrator function, which is outside: it keeps to the contract's schemas, and to a script. */
export const makeScriptedMigrator = (
  script: Script = {},
): { readonly invoke: InvokedFunction; readonly requests: readonly MigratorRequest[] } => {
  const requests: MigratorRequest[] = [];
  const taken = new Map<string, number>();
  const next = (request: MigratorRequest): Turn | undefined => {
    const { operation } = request;
    const turns = script[operation];
    if (!turns) return { done: true, applied: 1, total: 1 };
    if (typeof turns === 'function') return turns(request);
    const turn = taken.get(operation) ?? 0;
    taken.set(operation, turn + 1);
    return turns[turn];
  };
  return {
    requests,
    invoke: async (payload) => {
      const request = parseMigratorRequest(payload);
      requests.push(request);
      const turn = next(request);
      if (turn === undefined) throw new Error(`the script has no further turn for ${request.operation}`);
      if (turn instanceof Error) throw turn;
      const slice = typeof turn === 'function' ? await turn() : turn;
      if (request.operation === 'restorePoint') return RestorePointAnswer.parse({ contract: CONTRACT, ...point });
      return SliceAnswer.parse({ contract: CONTRACT, ...slice });
    },
  };
};
