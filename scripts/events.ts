// Writes docs/events.md from the schemas of the domain events; with --check, only says whether the one in the tree is that.
import { readFileSync, writeFileSync } from 'node:fs';
import { domainEvents } from '../functions/events/domain-events.ts';
import { eventsDocument } from './events-document.ts';

const file = 'docs/events.md';
const wanted = eventsDocument();

if (!process.argv.includes('--check')) {
  writeFileSync(file, wanted);
  console.log(`${file}: ${domainEvents.length} events written`);
} else if (readFileSync(file, 'utf8') === wanted) {
  console.log(`${file}: ${domainEvents.length} events, as the code makes it`);
} else {
  console.error(`${file} is not what the code makes: node scripts/events.ts`);
  process.exitCode = 1;
}
