import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { scanContexts } from '../contexts/module-registry/adapters/context-scanner.ts';
import { buildApp } from './build-app.ts';

/** `CONTEXT_ROOTS`: folders to look for contexts in, comma separated; `CDK_OUTDIR` as for the CDK. */
const roots = (process.env['CONTEXT_ROOTS'] ?? 'contexts').split(',').map((root) => resolve(root));
const { context } = JSON.parse(readFileSync(join(import.meta.dirname, '../cdk.json'), 'utf8')) as { context: Record<string, unknown> };

// as the CDK's CLI does: local names come from the constructs' paths
const app = new App({ context: { ...context, 'aws:cdk:enable-path-metadata': true } });
buildApp(app, await scanContexts(roots));
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
app.synth();
