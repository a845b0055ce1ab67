import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Seen {
  readonly method: string;
  /** Path with query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}
export type Step = (answer: ServerResponse, request: Seen) => void;

/** A real HTTP server on a free port. It answers by its steps in order, the last one again and again. */
export class ScriptedServer {
  readonly requests: Seen[] = [];
  private steps: Step[] = [];

  private constructor(readonly http: Server) {}

  static async start(): Promise<ScriptedServer> {
    const http = createServer();
    const server = new ScriptedServer(http);
    http.on('request', (request, answer) => void server.take(request, answer));
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}`;
  }

  script(...steps: Step[]): void {
    this.steps = steps;
  }

  async stop(): Promise<void> {
    this.http.closeAllConnections();
    await new Promise((resolve) => this.http.close(resolve));
  }

  private async take(request: IncomingMessage, answer: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const seen = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body: Buffer.concat(parts) };
    this.requests.push(seen);
    const step = this.steps.length > 1 ? this.steps.shift() : this.steps[0];
    if (step === undefined) throw new Error(`no step for ${seen.method} ${seen.url}`);
    step(answer, seen);
  }
}

/** Answers with JSON. */
export const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Step => (answer) => {
  answer.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
};

/** Answers with a problem document. */
export const problem = (status: number, code: string, retryable: boolean, headers: Record<string, string> = {}): Step =>
  json({ type: `https://waybill.dev/errors#${code}`, title: code, status, code, detail: `About ${code}.`, retryable, instance: 'req_1' }, status, headers);

/** The request arrives, the answer does not. */
export const lostAnswer: Step = (answer) => void answer.destroy();

/** Half of an answer, and then the connection breaks. */
export const cutAnswer: Step = (answer) => {
  answer.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
  answer.write('{"id":"m', () => answer.destroy());
};

/** Half of an answer, and then nothing more. */
export const stalledAnswer: Step = (answer) => {
  answer.writeHead(200, { 'content-type': 'application/json' });
  answer.write('{"id":"m');
};
