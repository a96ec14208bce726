import { composeModuleSteps } from '../compose/module-steps.ts';
import { makeStepHandler } from './step-handler.ts';

export const handler = makeStepHandler(composeModuleSteps);
