import { findChromium } from '../local/chromium.mjs';
import { nx } from './nx.mjs';
import { Refusal } from './progress.mjs';
import { forgetResults, sumUp, testedProjects, verdict } from './results.mjs';
import { startLocalServices } from '../local/stack.mjs';

const checks = ['lint', 'typecheck', 'build', 'test'];

/**
 * Lint, types, build and tests of all projects (or of those named), then the promises to customers from outside,
 * on throw-away stores.
 * @param {import('./progress.mjs').Progress} progress
 * @param {string[]} named
 * @param {(undo: () => Promise<void>) => void} onUndo
 */
export async function runTests(progress, named, onUndo) {
  const known = testedProjects();
  const wanted = named.length === 0 ? known : known.filter(({ name }) => named.includes(name));
  if (wanted.length === 0) throw new Refusal(`No project with tests is named ${named.join(', ')}; there are ${known.map(({ name }) => name).join(', ')}.`);
  forgetResults(wanted);

  const services = await progress.step('starting throw-away PostgreSQL and Redis', () => startLocalServices({ log: progress.note }));
  onUndo(() => services.stop());
  const chromium = await findChromium(progress);
  const env = {
    WAYBILL_TEST_DATABASE_URL: services.databaseUrl,
    WAYBILL_TEST_REDIS_URL: services.redisUrl,
    ...(chromium === undefined ? {} : { CHROMIUM_PATH: chromium }),
  };

  let green = true;
  /** @type {string[]} lint, types and builds that failed: no test result tells of them */
  const broken = [];
  const stepOf = async (name, args) => {
    const { code, output } = await progress.step(name, () => nx(args, { env, tolerant: true, onOutput: (text) => process.stdout.write(text) }), { silent: false });
    if (code === 0) return;
    green = false;
    broken.push(...[...output.matchAll(/^- ([\w-]+:(?:lint|typecheck|build|generate))$/gm)].map(([, task]) => task));
  };
  const inside = named.length === 0 ? [] : ['-p', named.join(',')];
  await stepOf('running lint, typecheck, build and test', ['run-many', '-t', ...checks, ...inside]);
  if (wanted.some(({ target }) => target === 'e2e')) {
    if (named.length > 0) await stepOf('building everything', ['run-many', '-t', 'build']);
    await stepOf('running the end-to-end tests', ['run', 'e2e:e2e']);
  }

  const sum = sumUp(wanted);
  for (const task of broken) sum.failures.push(`${task} (see above)`);
  if (!green && sum.failures.length === 0) sum.failures.push('a step failed, see above');
  sum.failed = sum.failures.length;
  for (const skip of sum.skips) process.stdout.write(`skipped  ${skip}\n`);
  for (const failure of sum.failures) process.stdout.write(`FAILED   ${failure}\n`);
  process.stdout.write(`\nTook ${progress.total()}.\n`);
  return { line: verdict(sum), green: green && sum.failed === 0 };
}
