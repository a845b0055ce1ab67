import { spawn } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { nodeBinary, root } from './paths.mjs';
import { run } from '../local/commands.mjs';
import { Refusal } from './progress.mjs';

const readJson = (file) => JSON.parse(readFileSync(path.join(root, file), 'utf8'));

/**
 * Whether node_modules holds what package-lock.json asks for. npm writes node_modules/.package-lock.json as the last
 * act of an installation, so an interrupted one counts as missing.
 */
export function packagesInstalled() {
  if (!existsSync(nodeBinary) || !existsSync(path.join(root, 'node_modules/.package-lock.json'))) return false;
  const installed = readJson('node_modules/.package-lock.json').packages;
  return Object.entries(readJson('package-lock.json').packages).every(
    ([place, { version, optional, link }]) =>
      !place.includes('node_modules/') || optional || link || (installed[place]?.version === version && existsSync(path.join(root, place))),
  );
}

/** The environment of npm and nx: nothing asks, phones home or downloads from elsewhere than the registry. */
export function quietEnvironment() {
  return {
    ...process.env,
    CI: process.env.CI ?? 'true',
    NX_DAEMON: 'false', NX_NO_CLOUD: 'true', NX_TUI: 'false', NX_ANALYTICS: 'false', NX_SKIP_NATIVE_FILE_CACHE: 'true', NX_ISOLATE_PLUGINS: 'false',
    npm_config_fetch_timeout: '90000', npm_config_audit: 'false', npm_config_fund: 'false', npm_config_update_notifier: 'false', npm_config_loglevel: 'error',
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, // an older npm runs every install script, and that of Prisma would download
    CHECKPOINT_DISABLE: '1',
  };
}

/** npm must not run on the Node that it is about to replace. */
function installPackages() {
  const ownBin = path.join(root, 'node_modules/.bin');
  const PATH = (process.env.PATH ?? '').split(':').filter((folder) => folder !== ownBin).join(':');
  return run('npm', ['ci', '--ignore-scripts=false', '--include=dev', '--no-progress'], { cwd: root, env: { ...quietEnvironment(), PATH } });
}

/**
 * Installs the packages if they are missing and continues on the Node they bring: when this process runs on
 * another one, it starts `script` again on the right one, passes signals on and ends with its exit code.
 * @param {import('./progress.mjs').Progress} progress
 * @param {string} script  absolute path of the script that calls
 */
export async function ensureToolchain(progress, script) {
  if (process.platform === 'win32') throw new Refusal('On Windows, run this inside WSL.');
  if (!packagesInstalled()) await progress.step('installing packages (npm ci)', installPackages);
  if (!existsSync(nodeBinary)) throw new Refusal('npm did not run the install script of the package "node"; run "npm rebuild node".');
  if (realpathSync(process.execPath) === realpathSync(nodeBinary)) return;

  const successor = spawn(nodeBinary, [script, ...process.argv.slice(2)], { stdio: ['inherit', 'inherit', 'inherit', 'ipc'], env: { ...process.env, WAYBILL_STARTED_MS: String(progress.startedMs) } });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.removeAllListeners(signal); // the successor cleans up; this process only waits for it
    process.on(signal, () => successor.kill(signal));
  }
  const code = await new Promise((resolve) => successor.once('exit', (status, signal) => resolve(signal === null ? status : 1)));
  process.exit(code);
}
