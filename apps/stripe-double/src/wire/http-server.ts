import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Control } from '../control.js';
import type { Faults } from '../faults.js';
import { StripeFailure } from '../stripe-failure.js';
import type { CallGate } from './call-gate.js';
import type { Answer } from './idempotency.js';
import type { StripeApi } from './stripe-api.js';

export interface ServerParts {
  readonly api: StripeApi;
  readonly control: Control;
  readonly faults: Faults;
  readonly gate: CallGate;
  /** A broken contract or a fault of the double itself: the run cannot go on. */
  readonly onCrash: (error: Error) => void;
}

const largestBodyBytes = 4_194_304;

/** Answers Stripe's API and, under `/_control`, the switches of the double. Answers its port. */
export async function listen(parts: ServerParts, port: number, host: string): Promise<{ server: Server; url: string }> {
  const server = createServer((incoming, outgoing) => {
    serve(parts, incoming, outgoing).catch((error: Error) => {
      outgoing.destroy();
      parts.onCrash(error);
    });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  return { server, url: `http://${host}:${(server.address() as AddressInfo).port}` };
}

async function serve(parts: ServerParts, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const method = incoming.method ?? 'GET';
  const url = incoming.url ?? '/';
  const body = await read(incoming);
  const base = `http://${incoming.headers.host ?? 'localhost'}`;
  if (url === '/readyz') return void send(outgoing, { status: 200, body: '{"ready":true}', headers: {} });
  if (url.startsWith('/_control')) return void send(outgoing, await parts.control.answer(method, url, body, base));
  const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, [value].flat()[0]]));
  let leave = (): void => undefined;
  try {
    const call = parts.api.prepare({ method, url, headers, body, base });
    leave = parts.gate.enter(call.operation, call.params);
    const fault = parts.faults.next(call.operation, JSON.stringify(call.params));
    if (fault?.kind === 'reset') return void incoming.socket.destroy();
    if (fault?.kind === 'timeout_before') return await hang(incoming);
    if (fault?.kind === 'rate_limited') throw new StripeFailure(429, 'rate_limit_error', 'Too many requests hit the API too quickly.', { code: 'rate_limit' });
    if (fault?.kind === 'server_error') throw new StripeFailure(500, 'api_error', 'An unknown error occurred.');
    if (fault?.kind === 'slow') await sleep(fault.delayMs);
    const answer = call.run();
    if (fault?.kind === 'timeout_after') return await hang(incoming);
    send(outgoing, answer);
  } catch (error) {
    if (!(error instanceof StripeFailure)) throw error;
    send(outgoing, parts.api.failure(error));
  } finally {
    leave();
  }
}

/** Until the caller gives up. */
function hang(incoming: IncomingMessage): Promise<void> {
  return new Promise((resolve) => incoming.socket.once('close', () => resolve()));
}

function send(outgoing: ServerResponse, { status, body, headers }: Answer): void {
  outgoing.writeHead(status, { 'content-type': body.startsWith('<') ? 'text/html; charset=utf-8' : 'application/json', ...headers }).end(body);
}

async function read(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > largestBodyBytes) throw new Error('the body is larger than any of Stripe');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
