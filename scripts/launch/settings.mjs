import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stateDir } from '../toolchain/paths.mjs';
import { Refusal } from '../toolchain/progress.mjs';

const file = path.join(stateDir, 'settings.json');
const secret = () => randomBytes(24).toString('base64url');
const secretsKeys = () => `local:${randomBytes(32).toString('base64')}`;

/**
 * What is generated once and kept: passwords of the local stores, secrets, the demo tenant.
 * @typedef {object} Settings
 * @property {string} postgresPassword
 * @property {string} runtimePassword
 * @property {string} dataTokenSecret
 * @property {string} secretsKeys  lost, the secrets of destinations and sources are lost with it
 * @property {{email: string, password: string, apiKey: string | null}} demo
 */

/** @returns {Settings} */
export function loadSettings() {
  try {
    mkdirSync(stateDir, { recursive: true });
    chmodSync(stateDir, 0o711); // the user PostgreSQL runs as must pass through to its data
    if (existsSync(file)) return completed(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    if (error.code !== 'EACCES' && error.code !== 'EPERM') throw error;
    throw new Refusal(`${stateDir} belongs to another user; start as that user or delete the folder.`);
  }
  const settings = {
    postgresPassword: secret(), runtimePassword: secret(), dataTokenSecret: secret(), secretsKeys: secretsKeys(),
    demo: { email: 'demo@waybill.localhost', password: secret(), apiKey: null },
  };
  saveSettings(settings);
  return settings;
}

/** An installation from before destinations had secrets gets its key now. @returns {Settings} */
function completed(settings) {
  if (settings.secretsKeys !== undefined) return settings;
  const whole = { ...settings, secretsKeys: secretsKeys() };
  saveSettings(whole);
  return whole;
}

/** Whole or not at all, readable by the owner only. @param {Settings} settings */
export function saveSettings(settings) {
  writePrivate(file, settings);
}

/** @param {string} target @param {unknown} value */
export function writePrivate(target, value) {
  const part = `${target}.part`;
  writeFileSync(part, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(part, target);
}
