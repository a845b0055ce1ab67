import { connect } from 'node:net';
import type { Socket } from 'node:net';

const staleMs = 2_000;

export interface Answer {
  readonly status: number;
  /** Latin-1: cheap to search; the bodies of the benchmark are ASCII. */
  readonly text: string;
}

/** A POST as it goes over the wire, made once and sent often. */
export function prepare(host: string, path: string, headers: Readonly<Record<string, string>>, body: string | Buffer): Buffer {
  const lines = Object.entries({ host, ...headers, 'content-length': String(Buffer.byteLength(body)) }).map(([name, value]) => `${name}: ${value}`);
  const head = `POST ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
  return typeof body === 'string' ? Buffer.from(head + body) : Buffer.concat([Buffer.from(head), body]);
}

/**
 * A keep-alive HTTP/1.1 connection with one request under way. It understands what the gateway answers (a content
 * length, no chunks) and nothing else, so that the client takes little of a machine that both sides share.
 */
export class HttpConnection {
  #head = '';
  #body: string[] = [];
  #missing = -1;
  #status = 0;
  #waiting: { resolve(answer: Answer): void; reject(error: Error): void } | undefined;
  #broken: Error | undefined;
  #usedMs = performance.now();

  private constructor(private readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#read(chunk.toString('latin1')));
    socket.on('error', (error) => this.#break(error));
    socket.on('close', () => this.#break(new Error('the server closed the connection')));
  }

  /** @param address  host:port */
  static open(address: string): Promise<HttpConnection> {
    const { hostname, port } = new URL(`http://${address}`);
    return new Promise((resolve, reject) => {
      const socket = connect({ host: hostname, port: Number(port) }, () => {
        socket.off('error', reject);
        resolve(new HttpConnection(socket));
      });
      socket.once('error', reject);
    });
  }

  /** Fails when the answer is not `expected`. */
  async send(request: Buffer, expected: number): Promise<string> {
    const { status, text } = await this.#exchange(request);
    if (status !== expected) throw new Error(`the server answered ${status}: ${text.slice(0, 500)}`);
    return text;
  }

  /** A server closes what has been idle for some seconds: better not to use it then. */
  get stale(): boolean {
    return this.#broken !== undefined || performance.now() - this.#usedMs > staleMs;
  }

  close(): void {
    this.socket.destroy();
  }

  #exchange(request: Buffer): Promise<Answer> {
    if (this.#broken) return Promise.reject(this.#broken);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.socket.write(request);
    });
  }

  #read(chunk: string): void {
    let rest = chunk;
    if (this.#missing < 0) {
      this.#head += chunk;
      const end = this.#head.indexOf('\r\n\r\n');
      if (end < 0) return;
      const length = /\r\ncontent-length: (\d+)/i.exec(this.#head)?.[1];
      if (length === undefined) return this.#break(new Error(`an answer without content length: ${this.#head.slice(0, 200)}`));
      this.#status = Number(this.#head.slice(9, 12));
      this.#missing = Number(length);
      rest = this.#head.slice(end + 4);
      this.#head = '';
    }
    this.#missing -= rest.length;
    this.#body.push(rest);
    if (this.#missing > 0) return;
    const text = this.#body.length === 1 ? rest : this.#body.join('');
    const answered = this.#waiting;
    this.#usedMs = performance.now();
    [this.#body, this.#missing, this.#waiting] = [[], -1, undefined];
    answered?.resolve({ status: this.#status, text });
  }

  #break(error: Error): void {
    this.#broken ??= error;
    this.#waiting?.reject(this.#broken);
    this.#waiting = undefined;
  }
}
