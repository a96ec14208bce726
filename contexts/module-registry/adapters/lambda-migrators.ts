import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import type * as z from 'zod';
import { Defect, Unavailable } from '../../shared/domain/errors.ts';
import { CONTRACT, LintAnswer, PlanAnswer } from '../../shared/domain/migrator-contract.ts';
import type { MigrationLint, Migrators } from '../application/ports.ts';

/** Modules' own migrator functions, asked at once and not by a workflow. */
export const makeLambdaMigrators = (client: LambdaClient): Migrators & MigrationLint => ({
  plan: async (migratorArn, question) => ask(client, migratorArn, { operation: 'plan', ...question }, PlanAnswer),
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
