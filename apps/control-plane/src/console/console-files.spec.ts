import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { silentLogger } from '@waybill/kernel';
import { portalHeaders, secureHeaders } from '@waybill/platform';
import { fastify } from 'fastify';
import type { FastifyInstance } from 'fastify';
import { serveConsole } from './console-files.js';

describe('serveConsole', () => {
  let folder: string;
  let server: FastifyInstance;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'waybill-console-'));
    await mkdir(path.join(folder, 'dist/assets'), { recursive: true });
    await writeFile(path.join(folder, 'outside.txt'), 'not for you');
    await writeFile(path.join(folder, 'dist/index.html'), '<!doctype html>');
    await writeFile(path.join(folder, 'dist/portal.html'), '<!doctype html><title>portal');
    await writeFile(path.join(folder, 'dist/assets/index-4f2a.js'), 'export {}');
    server = fastify();
    const config = { publicUrl: 'https://waybill.example', gatewayPublicUrl: 'https://gateway.example', portalFrameAncestors: "'self' https://shop.example" };
    await secureHeaders(server as unknown as NestFastifyApplication, config);
    await serveConsole(server, path.join(folder, 'dist'), silentLogger, portalHeaders(config));
  });
  afterEach(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });
  const get = async (url: string) => {
    const { statusCode, headers, body } = await server.inject({ method: 'GET', url });
    return { status: statusCode, caching: headers['cache-control'], type: headers['content-type'], body };
  };
  const page = { status: 200, caching: 'no-cache', type: 'text/html; charset=utf-8', body: '<!doctype html>' };

  it.each(['/', '/sign-in', '/namespaces/ns_1/queues', '/namespaces/ns_1/queues/orders.eu', '/index.html'])('answers %s with the page, never cached blindly', async (url) => {
    expect(await get(url)).toEqual(page);
  });

  it('lets hashed files be kept for ever', async () => {
    expect(await get('/assets/index-4f2a.js')).toMatchObject({ status: 200, caching: 'public, max-age=31536000, immutable', body: 'export {}' });
  });

  it.each(['/assets/index-old.js', '/favicon.ico', '/api', '/api/v1/nothing', '/..%2foutside.txt', '/../outside.txt', '/assets/..%2f..%2foutside.txt'])('does not answer %s with the page', async (url) => {
    expect((await get(url)).status).toBe(404);
  });

  it('lets the portal alone be framed, by the pages that the setting names', async () => {
    const portal = await server.inject('/portal');
    expect(portal.body).toBe('<!doctype html><title>portal');
    expect(portal.headers['content-security-policy']).toContain("frame-ancestors 'self' https://shop.example;");
    expect(portal.headers['content-security-policy']).toContain("script-src 'self';");
    expect(portal.headers['x-frame-options']).toBeUndefined();
    expect((await server.inject('/sign-in')).headers['x-frame-options']).toBe('DENY');
    expect((await server.inject('/portal.html')).statusCode).toBe(404);
    expect((await server.inject('/portal/more')).headers['x-frame-options']).toBe('DENY');
  });

  it('starts without a built console and serves none', async () => {
    const bare = fastify();
    await serveConsole(bare, path.join(folder, 'absent'), silentLogger, {});
    expect((await bare.inject('/')).statusCode).toBe(404);
    await bare.close();
  });
});
