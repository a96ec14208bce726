import { composeReportSteps } from '../compose/reports.ts';
import { makeStepHandler } from './step-handler.ts';

export const handler = makeStepHandler(composeReportSteps);
