import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { configurationPage, envExample } from './config-page.js';
import { ConfigError, describeConfig, loadConfig, settings } from './config.js';

const faultsOf = (env: Record<string, string>): readonly string[] => {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
};

describe('configuration', () => {
  it('lets a clean clone start without any setting', () => {
    const config = loadConfig({});
    expect(config).toMatchObject({ nodeEnv: 'development', host: '127.0.0.1', controlPlanePort: 3000, gatewayPort: 3001, metrics: true, trustProxy: false });
    expect(config.jobsRedisUrl.reveal()).toBe(config.redisUrl.reveal());
    expect(config.consoleDir.endsWith('apps/console/dist')).toBe(true);
  });

  it('reports every fault at once, by the name of the variable', () => {
    const faults = faultsOf({ GATEWAY_PORT: '99999', REDIS_URL: 'http://x', LOG_LEVEL: 'loud', DATA_TOKEN_SECRET: 'short', METRICS: 'perhaps' });
    expect(faults.map((fault) => fault.split(' ')[0]).sort()).toEqual(['DATA_TOKEN_SECRET', 'GATEWAY_PORT', 'LOG_LEVEL', 'METRICS', 'REDIS_URL']);
  });

  const production = { NODE_ENV: 'production', DATA_TOKEN_SECRET: 'x'.repeat(32), SECRETS_KEYS: `k1:${'A'.repeat(43)}=` };

  it('refuses the development secrets in production', () => {
    expect(faultsOf({ NODE_ENV: 'production' })).toEqual(['DATA_TOKEN_SECRET is required in production', 'SECRETS_KEYS is required in production']);
    expect(faultsOf(production)).toEqual([]);
  });

  it('takes origins for the frame of the portal and nothing that would widen the policy', () => {
    expect(loadConfig({}).portalFrameAncestors).toBe("'self'");
    expect(loadConfig({ PORTAL_FRAME_ANCESTORS: "'self'  https://app.example.com https://*.example.com:8443" }).portalFrameAncestors).toBe("'self' https://app.example.com https://*.example.com:8443");
    for (const wrong of ['*', 'none self', "self; script-src *", 'javascript:', 'https://a.example/path']) expect(faultsOf({ PORTAL_FRAME_ANCESTORS: wrong })).toEqual([expect.stringMatching(/^PORTAL_FRAME_ANCESTORS /)]);
  });

  it('opens private networks to calls in production only when that is said twice', () => {
    const open = { ...production, EGRESS_ALLOW: '10.0.0.0/8, fd00::/8', EGRESS_PORTS: '8080,9000-9100' };
    expect(faultsOf(open)).toEqual([expect.stringMatching(/^EGRESS_ALLOW /)]);
    expect(loadConfig({ ...open, EGRESS_ALLOW_IN_PRODUCTION: 'true' })).toMatchObject({ egressAllow: ['10.0.0.0/8', 'fd00::/8'], egressPorts: ['8080', '9000-9100'] });
    expect(faultsOf({ EGRESS_ALLOW: '10.0.0.0' })).toHaveLength(1);
  });

  it('takes an empty variable as absent and cuts the slash off an address', () => {
    expect(loadConfig({ REDIS_URL: '', PUBLIC_URL: 'https://waybill.example/' })).toMatchObject({ publicUrl: 'https://waybill.example' });
  });

  it('masks secrets in what it prints and in what is printed of it', () => {
    const config = loadConfig({ DATABASE_URL: 'postgresql://u:hunter2@h/d', REDIS_URL: 'redis://:hunter2@h' });
    for (const printed of [JSON.stringify(describeConfig(config)), JSON.stringify(config), inspect(config, { depth: 9 })]) expect(printed).not.toContain('hunter2');
    expect(describeConfig(config)).toMatchObject({ DATABASE_URL: '[secret]', GATEWAY_PORT: 3001, DATABASE_ADMIN_URL: null });
  });

  it('never repeats a faulty secret', () => {
    expect(faultsOf({ DATA_TOKEN_SECRET: 'hunter2', REDIS_URL: 'hunter2' }).join()).not.toContain('hunter2');
  });

  it('describes every setting', () => {
    expect(settings.filter(({ description }) => description === '')).toEqual([]);
  });

  it.each([
    ['.env.example', envExample(settings)],
    ['docs/configuration.md', configurationPage(settings)],
  ])('%s is up to date (npm run pages)', (file, expected) => {
    expect(readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8')).toBe(expected);
  });
});
