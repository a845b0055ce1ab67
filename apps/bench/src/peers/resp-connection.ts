import { connect } from 'node:net';
import type { Socket } from 'node:net';

/** A command as it goes over the wire, made once and sent often. */
export function command(...parts: readonly (string | number)[]): Buffer {
  return Buffer.from(`*${parts.length}\r\n${parts.map((part) => `$${Buffer.byteLength(String(part))}\r\n${part}\r\n`).join('')}`);
}

/** A reply of Redis; of an array only the number of values in it, those of arrays inside it included. */
export type Reply = number | string | { readonly values: number };

const crlf = '\r\n';

/** Where a reply that starts at `at` ends, and what it is; undefined while bytes are missing. */
export function readReply(text: string, at: number): { readonly reply: Reply; readonly end: number } | undefined {
  const lineEnd = text.indexOf(crlf, at);
  if (lineEnd < 0) return undefined;
  const line = text.slice(at + 1, lineEnd);
  const next = lineEnd + crlf.length;
  switch (text[at]) {
    case ':':
      return { reply: Number(line), end: next };
    case '$': {
      if (Number(line) < 0) return { reply: '', end: next };
      const end = next + Number(line) + crlf.length;
      return end > text.length ? undefined : { reply: text.slice(next, end - crlf.length), end };
    }
    case '*': {
      let end = next;
      let values = 0;
      for (let i = 0; i < Number(line); i += 1) {
        const item = readReply(text, end);
        if (item === undefined) return undefined;
        ({ end } = item);
        values += typeof item.reply === 'object' ? item.reply.values : 1;
      }
      return { reply: { values }, end };
    }
    default:
      return { reply: `${text[at]}${line}`, end: next };
  }
}

/** A pipelined connection to Redis: as lean as the HTTP client on the other side of the comparison. */
export class RespConnection {
  #unread = '';
  readonly #waiting: { resolve(reply: Reply): void; reject(error: Error): void }[] = [];

  private constructor(private readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#read(chunk.toString('latin1')));
    socket.on('error', (error) => this.#break(error));
    socket.on('close', () => this.#break(new Error('Redis closed the connection')));
  }

  static open(url: string): Promise<RespConnection> {
    const { hostname, port } = new URL(url);
    return new Promise((resolve, reject) => {
      const socket = connect({ host: hostname, port: Number(port) }, () => {
        socket.off('error', reject);
        resolve(new RespConnection(socket));
      });
      socket.once('error', reject);
    });
  }

  send(request: Buffer): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.socket.write(request);
    });
  }

  close(): void {
    this.socket.destroy();
  }

  #read(chunk: string): void {
    const text = this.#unread + chunk;
    let at = 0;
    for (let read = readReply(text, at); at < text.length && read !== undefined; read = readReply(text, at)) {
      at = read.end;
      const answered = this.#waiting.shift();
      if (typeof read.reply === 'string' && read.reply.startsWith('-')) answered?.reject(new Error(`Redis answered ${read.reply}`));
      else answered?.resolve(read.reply);
    }
    this.#unread = text.slice(at);
  }

  #break(error: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
