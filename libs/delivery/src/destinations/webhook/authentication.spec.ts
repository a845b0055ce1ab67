import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Secret } from '@waybill/kernel';
import type { Secrets, Sender } from '../../destination.js';
import { aCall, localGuard } from '../../testing/calls.js';
import { Receiver } from '../../testing/receiver.js';
import { WebhookKind } from './webhook-kind.js';

let receiver: Receiver;
const senders: Sender[] = [];
beforeEach(async () => {
  receiver = await Receiver.open();
});
afterEach(async () => {
  await Promise.all(senders.splice(0).map((sender) => sender.close()));
  await receiver.close();
});

function open(settings: Record<string, unknown>, secrets: Secrets = {}, guard = localGuard()): Sender {
  const kind = new WebhookKind(guard);
  const sender = kind.open(kind.settings.parse({ url: receiver.url, ...settings }), secrets);
  senders.push(sender);
  return sender;
}

describe('a webhook proves who it is', () => {
  it('with a name and password', async () => {
    await open({ auth: { kind: 'basic', username: 'waybill' } }, { password: [new Secret('pä:ss')] }).send(aCall());
    expect(Buffer.from(receiver.last.headers.authorization?.slice(6) ?? '', 'base64').toString()).toBe('waybill:pä:ss');
  });

  it('with a token', async () => {
    await open({ auth: { kind: 'bearer' } }, { token: [new Secret('t0ken')] }).send(aCall());
    expect(receiver.last.headers.authorization).toBe('Bearer t0ken');
  });

  describe('as an OAuth 2 client', () => {
    let issuer: Receiver;
    let expiresIn = 3600;
    const auth = (given: Record<string, unknown> = {}) => ({ auth: { kind: 'oauth2', tokenUrl: `${issuer.url}/token?tenant=1`, clientId: 'client id', scope: 'push', ...given } });
    const secrets: Secrets = { client_secret: [new Secret('s3:cret')] };

    beforeEach(async () => {
      expiresIn = 3600;
      issuer = await Receiver.open();
      issuer.reply = (_request, response) =>
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ access_token: `token-${issuer.received.length}`, token_type: 'Bearer', expires_in: expiresIn }));
    });
    afterEach(() => issuer.close());

    it('fetches one token for many calls at once and keeps it', async () => {
      const sender = open(auth(), secrets);
      const answers = await Promise.all(Array.from({ length: 20 }, () => sender.send(aCall())));
      expect(answers.every(({ outcome }) => outcome === 'delivered')).toBe(true);
      expect(issuer.received).toHaveLength(1);
      expect(issuer.last).toMatchObject({ url: '/token?tenant=1', headers: { 'content-type': 'application/x-www-form-urlencoded', authorization: `Basic ${Buffer.from('client+id:s3%3Acret').toString('base64')}` } });
      expect(issuer.last.body.toString()).toBe('grant_type=client_credentials&scope=push');
      expect(new Set(receiver.received.map(({ headers }) => headers.authorization))).toEqual(new Set(['Bearer token-1']));
    });

    it('sends id and secret in the body where the server wants them there', async () => {
      await open(auth({ clientAuthentication: 'body', audience: 'api' }), secrets).send(aCall());
      expect(issuer.last.headers.authorization).toBeUndefined();
      expect(Object.fromEntries(new URLSearchParams(issuer.last.body.toString()))).toEqual({ grant_type: 'client_credentials', scope: 'push', audience: 'api', client_id: 'client id', client_secret: 's3:cret' });
    });

    it('fetches a new one when its time is over', async () => {
      expiresIn = 60;
      const sender = open(auth(), secrets);
      const nowMs = Date.now();
      for (const later of [0, 29_000, 31_000]) await sender.send(aCall({ nowMs: nowMs + later }));
      expect(receiver.received.map(({ headers }) => headers.authorization)).toEqual(['Bearer token-1', 'Bearer token-1', 'Bearer token-2']);
    });

    it('fetches a new one once when the endpoint answers 401', async () => {
      receiver.reply = (request, response) => response.writeHead(request.headers.authorization === 'Bearer token-2' ? 200 : 401).end();
      const sender = open(auth(), secrets);
      expect(await sender.send(aCall())).toMatchObject({ outcome: 'delivered', status: 200 });
      expect([issuer.received.length, receiver.received.length]).toEqual([2, 2]);
      receiver.reply = (_request, response) => response.writeHead(401).end();
      expect(await sender.send(aCall())).toMatchObject({ outcome: 'failed', status: 401 });
      expect(issuer.received).toHaveLength(3);
    });

    it.each([
      ['refuses', 400, '{"error":"invalid_client"}', 'token_refused'], ['is broken', 500, '', 'token_unavailable'], ['asks for less', 429, '', 'token_unavailable'],
      ['redirects', 302, '', 'token_unavailable'], ['answers no JSON', 200, 'hello', 'token_unavailable'], ['answers null', 200, 'null', 'token_unavailable'],
      ['answers a token that would end its header', 200, '{"access_token":"a\\r\\nx: y"}', 'token_unavailable'], ['answers another type of token', 200, '{"access_token":"a","token_type":"mac"}', 'token_unavailable'],
    ])('and fails without calling the endpoint when the token server %s', async (_what, status, text, reason) => {
      issuer.reply = (_request, response) => response.writeHead(status).end(text);
      expect(await open(auth(), secrets).send(aCall())).toMatchObject({ outcome: 'failed', status: null, reason });
      expect(receiver.received).toHaveLength(0);
    });

    it('and never calls a private token server', async () => {
      expect(await open(auth({ tokenUrl: 'http://169.254.169.254/latest' }), secrets).send(aCall())).toMatchObject({ outcome: 'refused', reason: 'egress_metadata_address' });
    });
  });
});

describe('over TLS a webhook', () => {
  let folder: string;
  let server: Server;
  let peer: string | undefined;
  let serverName: string | false | null | undefined;
  const file = (name: string): string => readFileSync(path.join(folder, name), 'utf8');
  const resolver = { resolve: () => Promise.resolve(['127.0.0.1']) };
  const url = (host: string): string => `https://${host}:${(server.address() as AddressInfo).port}/`;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'waybill-tls-'));
    const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=Test roots', '-days', '2');
    for (const [name, extension] of [['server', 'subjectAltName=DNS:hooks.example'], ['client', 'extendedKeyUsage=clientAuth']] as const) {
      openssl('req', '-x509', ...key, '-keyout', `${name}.key`, '-out', `${name}.pem`, '-subj', `/CN=${name}`, '-days', '2', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-addext', 'basicConstraints=CA:FALSE', '-addext', extension);
    }
    server = createServer({ key: file('server.key'), cert: file('server.pem'), ca: file('ca.pem'), requestCert: true, rejectUnauthorized: false }, (request, response) => {
      const socket = request.socket as import('node:tls').TLSSocket;
      peer = socket.authorized ? (socket.getPeerCertificate().subject.CN as string) : undefined;
      serverName = socket.servername;
      request.resume().on('end', () => response.writeHead(204).end());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true });
  });

  it('verifies the certificate by the name it called, and says the name', async () => {
    const guard = localGuard(resolver, [file('ca.pem')]);
    expect(await open({ url: url('hooks.example') }, {}, guard).send(aCall())).toMatchObject({ outcome: 'delivered' });
    expect([serverName, peer]).toEqual(['hooks.example', undefined]);
    expect(await open({ url: url('other.example') }, {}, guard).send(aCall())).toMatchObject({ outcome: 'failed', status: null, reason: 'tls_certificate' });
    expect(await open({ url: url('127.0.0.1') }, {}, guard).send(aCall())).toMatchObject({ outcome: 'failed', reason: 'tls_certificate' });
  });

  it('does not talk to a server whose certificate nobody vouches for', async () => {
    expect(await open({ url: url('hooks.example') }, {}, localGuard(resolver)).send(aCall())).toMatchObject({ outcome: 'failed', reason: 'tls_certificate' });
  });

  it('shows its client certificate', async () => {
    const secrets: Secrets = { client_certificate: [new Secret(file('client.pem'))], client_key: [new Secret(file('client.key'))] };
    expect(await open({ url: url('hooks.example'), clientCertificate: true }, secrets, localGuard(resolver, [file('ca.pem')])).send(aCall())).toMatchObject({ outcome: 'delivered' });
    expect(peer).toBe('client');
  });

  it.each([
    ['is not PEM', 'hello', 'hello'],
    ['is missing', undefined, undefined],
  ])('is refused when its client certificate %s', async (_what, certificate, key) => {
    const secrets: Secrets = certificate === undefined || key === undefined ? {} : { client_certificate: [new Secret(certificate)], client_key: [new Secret(key)] };
    const answer = await open({ url: url('hooks.example'), clientCertificate: true }, secrets, localGuard(resolver, [file('ca.pem')])).send(aCall());
    expect(answer).toMatchObject({ outcome: 'refused', reason: certificate === undefined ? 'secret_missing' : 'secret_invalid' });
  });

  it('reports a server that speaks no TLS', async () => {
    expect(await open({ url: receiver.url.replace('http:', 'https:') }).send(aCall())).toMatchObject({ outcome: 'failed', status: null, reason: 'tls_failed' });
  });
});
