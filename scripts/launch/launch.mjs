import { existsSync, readdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import { banner } from './banner.mjs';
import { logFile, migrateStores, openApps, openStores } from './installation.mjs';
import { root } from '../toolchain/paths.mjs';
import { buildAll } from '../toolchain/nx.mjs';
import { startLeash } from '../local/processes.mjs';
import { announce, takeLock } from './running.mjs';
import { seedDemo } from './seed.mjs';
import { loadSettings, saveSettings } from './settings.mjs';

/**
 * `npm start` from the stores to the banner. Resolves when everything runs; afterwards the first process that ends
 * by itself takes the others with it, and this process exits with 1.
 * @param {import('../toolchain/progress.mjs').Progress} progress
 * @param {(undo: () => Promise<void>) => void} onUndo  told at once how to stop what has been started
 */
export async function launch(progress, onUndo) {
  const environmentFile = path.join(root, '.env');
  if (existsSync(environmentFile)) process.loadEnvFile(environmentFile); // what the environment already says wins
  const settings = loadSettings();
  const releaseLock = takeLock();
  setOldLogsAside();
  const leash = startLeash();
  /** @type {import('../local/processes.mjs').Child[]} */
  const children = [];
  let stopping;
  const stop = () => (stopping ??= stopAll());
  async function stopAll() {
    const stores = children.filter(({ name }) => name === 'Redis' || name === 'PostgreSQL');
    await Promise.all(children.filter((child) => !stores.includes(child)).map((child) => child.stop()));
    for (const store of stores) await store.stop();
    leash.release();
    releaseLock();
  }
  onUndo(stop);
  const onStarting = (child) => {
    if (stopping !== undefined) throw new Error('stopping');
    children.push(child);
    child.onUnexpectedExit = async (ended, { code, signal }) => {
      process.stderr.write(`\n${ended.name} ended (${signal ?? `exit code ${code}`}); stopping the rest. The end of ${ended.logFile}:\n${ended.logTail()}\n`);
      await stop();
      process.exit(1);
    };
  };

  const stores = await openStores({ settings, progress, leash, onStarting });
  await progress.step('building what has changed', buildAll);
  await progress.step('migrating the database', async () => {
    for (const name of await migrateStores(stores)) progress.note(`applied ${name}`);
  });
  const urls = await openApps({ stores, settings, progress, leash, onStarting });
  await progress.step('preparing the demo tenant', async () => {
    settings.demo.apiKey = await seedDemo(urls.consoleUrl, urls.gatewayUrl, settings.demo);
    saveSettings(settings);
  });
  announce(urls);
  process.stdout.write(banner({ ...urls, login: settings.demo, apiKey: settings.demo.apiKey, total: progress.total() }));
  progress.note(`logs: ${logFile('*')}`);
}

/** A log tells of one run; that of the run before stays beside it. */
function setOldLogsAside() {
  const folder = path.dirname(logFile('any'));
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.log'))) renameSync(path.join(folder, name), path.join(folder, `${name}.1`));
}
