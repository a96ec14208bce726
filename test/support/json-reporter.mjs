// Writes test-results/jest.json at the end of every run: the counts, and each test that failed.
import { mkdirSync, writeFileSync } from 'node:fs';

export default class JsonReporter {
  onRunComplete(_contexts, results) {
    const failures = results.testResults.flatMap((file) => [
      ...(file.testExecError ? [{ file: file.testFilePath, test: '(the file itself)', message: String(file.testExecError.message) }] : []),
      ...file.testResults
        .filter((test) => test.status === 'failed')
        .map((test) => ({ file: file.testFilePath, test: test.fullName, message: test.failureMessages.join('\n') })),
    ]);
    mkdirSync('test-results', { recursive: true });
    writeFileSync(
      'test-results/jest.json',
      `${JSON.stringify({ passed: results.numPassedTests, failed: results.numFailedTests + results.numRuntimeErrorTestSuites, failures }, null, 2)}\n`,
    );
  }
}
