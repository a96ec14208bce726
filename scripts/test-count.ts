// The last line of a CI run: how many tests passed and failed, from what the Jest reporter always writes.
import { existsSync, readFileSync } from 'node:fs';

interface Counts {
  readonly passed: number;
  readonly failed: number;
}
const file = 'test-results/jest.json';
const { passed, failed } = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Counts) : { passed: 0, failed: 0 };
console.log(`${passed} passed, ${failed} failed`);
