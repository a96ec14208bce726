import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import type * as z from 'zod';
import type { NewId } from '../../shared/domain/clock.ts';
import { Defect, Unavailable } from '../../shared/domain/errors.ts';
import { CONTRACT, LintAnswer, PlanAnswer, VerifyAnswer } from '../../shared/domain/migrator-contract.ts';
import type { MigrationLint, Migrators } from '../application/ports.ts';
import type { SchemaVerifier } from '../application/verify-module.ts';

/** Modules' own migrator functions, asked at once and not by a workflow. */
export const makeLambdaMigrators = (client: LambdaClient, newId: NewId): Migrators & MigrationLint & SchemaVerifier => ({
  plan: async (migratorArn, question) => ask(client, migratorArn, { operation: 'plan', ...question }, PlanAnswer),
  verify: async (migratorArn, { module, version, target }) => {
    // it reads only, so no fence has to let it through; the id is for the migrator's log
    const by = { jobId: newId(), attempt: 1, fence: 1 };
    const { contract: _contract, ...answer } = await ask(
      client,
      migratorArn,
      { operation: 'verify', module, to: version, target, ...by },
      VerifyAnswer,
    );
    return answer;
  },
  lint: async (migratorArn, { module, version }) =>
    (await ask(client, migratorArn, { operation: 'lint', module, to: version }, LintAnswer)).findings,
});

interface Question extends Readonly<Record<string, unknown>> {
  readonly operation: string;
  readonly module: string;
}

const ask = async <T>(client: LambdaClient, migratorArn: string, question: Question, answers: z.ZodType<T>): Promise<T> => {
  const { operation, module } = question;
  const answer = answers.safeParse(await invoke(client, migratorArn, { contract: CONTRACT, ...question }));
  if (answer.success) return answer.data;
  throw new Defect(`the migrator of ${module} did not answer ${operation} as its contract says`, { module }, { cause: answer.error });
};

const invoke = async (client: LambdaClient, functionName: string, request: object): Promise<unknown> => {
  const { FunctionError, Payload } = await send(client, functionName, request);
  const text = new TextDecoder().decode(Payload);
  if (FunctionError === undefined) return JSON.parse(text);
  throw new Defect(`the migrator ${functionName} failed: its log says more`, { error: FunctionError }, { cause: new Error(text) });
};

const send = async (client: LambdaClient, FunctionName: string, request: object) => {
  try {
    return await client.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(request) }));
  } catch (error) {
    throw new Unavailable('a migrator could not be asked', 5, { cause: error });
  }
};
