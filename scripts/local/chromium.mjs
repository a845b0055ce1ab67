import { aptInstall, mayInstall, onPath } from './apt.mjs';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/**
 * A Chromium for the browser tests: CHROMIUM_PATH, the PATH, or as root on Debian the package. Without one the
 * browser tests are skipped by name.
 * @param {import('../toolchain/progress.mjs').Progress} progress
 * @returns {Promise<string | undefined>}
 */
export async function findChromium(progress) {
  const found = process.env.CHROMIUM_PATH ?? onPath(...names);
  if (found !== undefined || !mayInstall()) return found;
  try {
    await progress.step('installing the Debian package chromium', () => aptInstall(['chromium']));
  } catch (error) {
    progress.note(`chromium could not be installed (${error.message.split('\n')[0]})`);
  }
  return onPath(...names);
}
