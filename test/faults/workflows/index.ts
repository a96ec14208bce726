import type { Workflow } from '../workflow.ts';
import { publisherWorkflow, straysWorkflow, takeOverWorkflow } from './events.ts';
import { installFailsWorkflow, installStuckWorkflow, installWorkflow, retryWorkflow } from './install.ts';
import { moduleLifeWorkflows } from './module-life.ts';
import { reportWorkflow } from './report.ts';
import { deprovisionWorkflow, provisionWorkflow, purgeTenantWorkflow, restoreTenantWorkflow, suspendWorkflow } from './tenant-life.ts';

export const workflows: readonly Workflow[] = [
  installWorkflow,
  installFailsWorkflow,
  installStuckWorkflow,
  retryWorkflow,
  ...moduleLifeWorkflows,
  provisionWorkflow,
  suspendWorkflow,
  deprovisionWorkflow,
  restoreTenantWorkflow,
  purgeTenantWorkflow,
  reportWorkflow,
  publisherWorkflow,
  straysWorkflow,
  takeOverWorkflow,
];
