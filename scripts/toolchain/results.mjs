import { existsSync, globSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { root } from './paths.mjs';

const resultFile = (folder) => path.join(root, folder, 'test-results/jest.json');

/** Every project that has tests: its Nx name, folder and the target that runs them. */
export function testedProjects() {
  return globSync(['apps/*/package.json', 'libs/*/package.json', 'prisma/package.json', 'scripts/package.json'], { cwd: root })
    .map((file) => ({ folder: path.dirname(file), manifest: JSON.parse(readFileSync(path.join(root, file), 'utf8')) }))
    .filter(({ folder }) => globSync('{src,house}/**/*{.,-}spec.{ts,tsx}', { cwd: path.join(root, folder) }).length > 0)
    .map(({ folder, manifest }) => ({ folder, name: manifest.nx.name, target: manifest.scripts.e2e ? 'e2e' : 'test' }));
}

/** Results of earlier runs must not be counted again. @param {{folder: string}[]} projects */
export function forgetResults(projects) {
  for (const { folder } of projects) rmSync(resultFile(folder), { force: true });
}

/**
 * Adds up what Jest wrote. A spec file that could not run counts as one failed test, and so does a project without
 * a result: silence is no success.
 * @param {{folder: string, name: string}[]} projects
 */
export function sumUp(projects) {
  const sum = { passed: 0, failed: 0, skipped: 0, failures: /** @type {string[]} */ ([]), skips: /** @type {string[]} */ ([]) };
  for (const { folder, name } of projects) {
    if (!existsSync(resultFile(folder))) {
      sum.failed += 1;
      sum.failures.push(`${name}: no result, the tests did not run`);
      continue;
    }
    const result = JSON.parse(readFileSync(resultFile(folder), 'utf8'));
    sum.passed += result.numPassedTests;
    for (const file of result.testResults) {
      const place = path.relative(root, file.name);
      const failed = file.assertionResults.filter(({ status }) => status === 'failed');
      const skipped = file.assertionResults.filter(({ status }) => status === 'pending' || status === 'todo' || status === 'skipped');
      sum.failures.push(...failed.map(({ fullName }) => `${place}: ${fullName}`));
      sum.skips.push(...skipped.map(({ fullName }) => `${place}: ${fullName}`));
      if (file.status === 'failed' && failed.length === 0) sum.failures.push(`${place}: the file could not run`);
    }
  }
  sum.failed = sum.failures.length;
  sum.skipped = sum.skips.length;
  return sum;
}

/** The last line of a test run. @param {{passed: number, failed: number, skipped: number}} sum */
export function verdict({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
