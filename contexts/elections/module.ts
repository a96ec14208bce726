import * as z from 'zod';
import { defineModule } from '../shared/application/define-module.ts';

const Configuration = z.strictObject({
  ballotNotice: z.string().max(2_000).default('').describe('Shown to whoever is about to vote.'),
});

const everyVersion = {
  tables: { landlord: [], tenant: ['elections', 'election_candidates', 'election_ballots'] },
  dependencies: [{ module: 'membership', range: '^1.0' }],
  configuration: z.toJSONSchema(Configuration, { io: 'input' }),
};

export const manifest = defineModule({
  name: 'elections',
  title: 'Elections',
  description: 'Members elect by secret ballot: who has voted is kept, whom they chose is only counted.',
  subscriptionRequired: true,
  serves: '>=1.0.0 <2.0.0',
  versions: [
    { version: '1.0.0', migrations: { landlord: 0, tenant: 3 }, ...everyVersion, hooks: ['preUninstall'] },
    { version: '1.1.0', migrations: { landlord: 0, tenant: 5 }, ...everyVersion, hooks: ['preUninstall'] },
  ],
});
