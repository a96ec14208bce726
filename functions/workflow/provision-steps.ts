import { composeProvisionSteps } from '../compose/tenancy.ts';
import { makeStepHandler } from './step-handler.ts';

export const handler = makeStepHandler(composeProvisionSteps);
