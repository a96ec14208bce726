import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { Defect, Unavailable } from '../../shared/domain/errors.ts';
import { CONTRACT, PlanAnswer } from '../../shared/domain/migrator-contract.ts';
import type { Migrators } from '../application/ports.ts';

/** Modules' own migrator functions, asked at once and not by a workflow. */
export const makeLambdaMigrators = (client: LambdaClient): Migrators => ({
  plan: async (migratorArn, question) => {
    const payload = await invoke(client, migratorArn, { operation: 'plan', contract: CONTRACT, ...question });
    const answer = PlanAnswer.safeParse(payload);
    if (answer.success) return answer.data;
    throw new Defect(`the migrator of ${question.module} did not answer with a plan`, { module: question.module }, { cause: answer.error });
  },
});

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
    throw new Unavailable('a migrator could not be asked for its plan', 5, { cause: error });
  }
};
