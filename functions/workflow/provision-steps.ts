import { composeTenantSteps } from '../compose/tenancy.ts';
import { makeStepHandler } from './step-handler.ts';

export const handler = makeStepHandler(composeTenantSteps);
