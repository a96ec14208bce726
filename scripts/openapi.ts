// Writes openapi.json from the schemas that validate requests; with --check, only says whether the one in the tree is that.
import { readFileSync, writeFileSync } from 'node:fs';
import { openApiDocument } from './openapi-document.ts';

const file = 'openapi.json';
const wanted = `${JSON.stringify(await openApiDocument(['contexts']), null, 2)}\n`;
const operations = (wanted.match(/"operationId"/g) ?? []).length;

if (!process.argv.includes('--check')) {
  writeFileSync(file, wanted);
  console.log(`${file}: ${operations} operations written`);
} else if (readFileSync(file, 'utf8') === wanted) {
  console.log(`${file}: ${operations} operations, as the code makes it`);
} else {
  console.error(`${file} is not what the code makes: npm run openapi:write`);
  process.exitCode = 1;
}
