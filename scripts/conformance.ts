import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

/** `npm run conformance -- --target local|aws [names]`: the suites of the embedded cloud, against itself or against the service. */
const { values, positionals } = parseArgs({ options: { target: { type: 'string', default: 'local' } }, allowPositionals: true });

if (values.target !== 'local' && values.target !== 'aws') {
  process.stderr.write(`--target is local or aws, not ${values.target}\n`);
  process.exit(2);
}
const suites = positionals.length > 0 ? positionals.map((name) => `test/contracts/local/${name}`) : ['test/contracts/local'];
const { status } = spawnSync('npm', ['run', '-s', 'jest', '--', ...suites], {
  stdio: 'inherit',
  env: { ...process.env, CONFORMANCE_TARGET: values.target },
});
process.exitCode = status ?? 1;
