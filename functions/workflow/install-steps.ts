import { composeInstallSteps } from '../compose/install-steps.ts';
import { makeStepHandler } from './step-handler.ts';

export const handler = makeStepHandler(composeInstallSteps);
