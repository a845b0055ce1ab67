import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { notSet, read, readByGateway, reference, writableFolders } from './deployed-settings.js';

const { loadConfig, settings } = await import('@waybill/platform');

interface Service {
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const { services, volumes } = parse(read('docker-compose.yml'), { merge: true }) as Compose;
const apps = ['control-plane', 'gateway', 'worker'] as const;
const environmentOf = (name: string): Readonly<Record<string, string>> => services[name]?.environment ?? {};

/** As compose reads `${NAME}` and `${NAME:-default}`. */
function interpolated(environment: Readonly<Record<string, string>>, given: Readonly<Record<string, string>>): Record<string, string> {
  const filled = (text: string) => text.replace(/\$\{(\w+)(?::-([^}]*))?\}/g, (_all, name: string, otherwise = '') => given[name] || String(otherwise));
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, filled(value)]));
}

describe('docker-compose.yml', () => {
  it.each(['control-plane', 'worker'])('gives %s every setting of the reference', (name) => {
    expect(reference.map((setting) => setting.name).filter((setting) => !(setting in environmentOf(name)))).toEqual([]);
  });

  it('gives the gateway every setting that it reads, and no secret that it does not', () => {
    const [given, wanted] = [Object.keys(environmentOf('gateway')), readByGateway()];
    expect(wanted.filter((name) => !given.includes(name))).toEqual([]);
    expect(wanted).toEqual(expect.arrayContaining(['RATE_LIMIT_KEY_PER_SECOND', 'SECRETS_KEYS', 'METRICS']));
    expect(given).not.toEqual(expect.arrayContaining(['STRIPE_SECRET_KEY']));
    expect(given).not.toEqual(expect.arrayContaining(['SMTP_URL']));
  });

  it('passes nothing that no process knows, and each setting under its own name', () => {
    const known = new Set(settings.map(({ name }) => name));
    const wrong = [...apps, 'migrate'].flatMap((name) => Object.entries(environmentOf(name)).filter(([setting, value]) => {
      const [, from] = /^\$\{(\w+)(:-[^}]*)?\}$/.exec(value) ?? [];
      return !known.has(setting) || (from !== undefined && from !== setting);
    }));
    expect(wrong).toEqual([]);
    expect(Object.keys(environmentOf('migrate'))).toEqual(['DATABASE_ADMIN_URL', 'DATABASE_URL']);
    expect(Object.keys(notSet).filter((name) => !known.has(name))).toEqual([]);
  });

  const required = { DATA_TOKEN_SECRET: 'x'.repeat(32), SECRETS_KEYS: `k1:${'A'.repeat(43)}=` };

  it.each(apps)('is a configuration that %s starts with', (name) => {
    expect(loadConfig(interpolated(environmentOf(name), required))).toMatchObject({ nodeEnv: 'production', host: '0.0.0.0', logLevel: 'info', metrics: true, trustProxy: false });
  });

  it.each(['control-plane', 'worker'])('lets %s bill through Stripe, know its finance, and write exports', (name) => {
    const given = { ...required, STRIPE_SECRET_KEY: 'sk_test_1', STRIPE_WEBHOOK_SECRET: 'whsec_1', STRIPE_AUTOMATIC_TAX: 'true', FINANCE_OPERATORS: 'ann@example.com:finance', EXPORT_FOLDER: '/srv/exports' };
    const config = loadConfig(interpolated(environmentOf(name), given));
    expect(config).toMatchObject({ stripeAutomaticTax: true, financeOperators: ['ann@example.com:finance'], exportFolder: '/var/lib/waybill/exports' });
    expect(config.stripeSecretKey?.reveal()).toBe('sk_test_1');
  });

  it('keeps every folder that a process writes to in a volume that the image lets it write', () => {
    const writable = writableFolders();
    const mounted = (name: string) => (services[name]?.volumes ?? []).map((volume) => /^(?:\$\{EXPORT_FOLDER:-)?([\w-]+)\}?:(\/[\w/]+)$/.exec(volume)).map((parts) => ({ volume: parts?.[1] ?? '', folder: parts?.[2] ?? '' }));
    for (const name of apps) {
      const { bodyStoreUrl, exportFolder } = loadConfig(interpolated(environmentOf(name), required));
      const folders = [bodyStoreUrl === undefined ? [] : new URL(bodyStoreUrl.reveal()).pathname, exportFolder ?? []].flat().sort();
      expect(mounted(name).map(({ folder }) => folder).sort()).toEqual(folders);
      for (const { volume, folder } of mounted(name)) {
        expect(Object.keys(volumes)).toContain(volume);
        expect(writable).toContain(folder);
      }
    }
  });

  it('starts files that the build makes', () => {
    for (const name of apps) expect(services[name]?.command?.at(-1)).toBe(`apps/${name}/dist/main.js`);
    expect(services['migrate']?.command).toEqual(['node', 'scripts/migrate.mjs']);
  });
});
