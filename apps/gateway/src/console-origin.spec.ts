import { describe, expect, it } from '@jest/globals';
import { fastify } from 'fastify';
import { allowConsole } from './console-origin.js';

async function answerTo(publicUrl: string, origin: string | undefined, method: 'POST' | 'OPTIONS') {
  const server = fastify();
  allowConsole(server, publicUrl);
  server.post('/v1/queues/q/messages', () => 'ok');
  const { headers } = await server.inject({ method, url: '/v1/queues/q/messages', headers: { ...(origin === undefined ? {} : { origin }), 'access-control-request-headers': 'authorization' } });
  await server.close();
  return { origin: headers['access-control-allow-origin'], headers: headers['access-control-allow-headers'], vary: headers['vary'] };
}

describe('calls from a browser', () => {
  it('are allowed from the console, before and with the call', async () => {
    for (const method of ['OPTIONS', 'POST'] as const) {
      expect(await answerTo('https://console.example.com', 'https://console.example.com', method)).toMatchObject({ origin: 'https://console.example.com', vary: 'Origin' });
    }
    expect((await answerTo('https://console.example.com', 'https://console.example.com', 'OPTIONS')).headers).toBe('authorization');
  });

  it.each(['https://evil.example.com', 'http://console.example.com', 'https://console.example.com.evil.com', 'null'])('are not allowed from %s', async (origin) => {
    for (const method of ['OPTIONS', 'POST'] as const) {
      expect(await answerTo('https://console.example.com', origin, method)).toMatchObject({ origin: undefined, headers: undefined });
    }
  });

  it('of an installation on this machine are allowed under each of its names', async () => {
    expect((await answerTo('http://localhost:3000', 'http://127.0.0.1:3000', 'POST')).origin).toBe('http://127.0.0.1:3000');
    expect((await answerTo('http://localhost:3000', 'http://127.0.0.1:3999', 'POST')).origin).toBeUndefined();
  });

  it('that carry no origin pay nothing', async () => {
    expect(await answerTo('https://console.example.com', undefined, 'POST')).toEqual({ origin: undefined, headers: undefined, vary: undefined });
  });
});
