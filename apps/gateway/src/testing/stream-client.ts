import { serverFrame } from '@waybill/contracts';
import type { ReceivedMessage, ServerFrame } from '@waybill/contracts';
import { eventually } from '@waybill/testing';
import { WebSocket } from 'ws';

/** A client of a stream on a WebSocket. Frames are checked against the contract as they come. */
export class SocketClient {
  readonly frames: ServerFrame[] = [];
  closed: { code: number; reason: string } | undefined;

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => this.frames.push(serverFrame.parse(JSON.parse(data.toString()))));
    socket.on('close', (code, reason) => (this.closed = { code, reason: reason.toString() }));
  }

  /** Resolves after the handshake; rejects with the status when the gateway answers otherwise. */
  static open(url: string, headers: Record<string, string> = {}): Promise<SocketClient> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url.replace(/^http/, 'ws'), { headers });
      const client = new SocketClient(socket);
      socket.once('open', () => resolve(client));
      socket.once('unexpected-response', (_request, response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part)).on('end', () => reject(Object.assign(new Error('refused'), { status: response.statusCode, body: JSON.parse(Buffer.concat(parts).toString()) as unknown })));
      });
      socket.once('error', reject);
    });
  }

  get messages(): ReceivedMessage[] {
    return this.frames.flatMap((frame) => (frame.type === 'message' ? [frame.message] : []));
  }

  get bodies(): string[] {
    return this.messages.map(({ body }) => body);
  }

  send(frame: unknown): void {
    this.socket.send(typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame));
  }

  /** The first frame of that type, once it is there. */
  first<T extends ServerFrame['type']>(type: T): Promise<Extract<ServerFrame, { type: T }>> {
    return eventually(() => {
      const found = this.frames.find((frame) => frame.type === type);
      if (!found) throw new Error(`no ${type} frame yet`);
      return found as Extract<ServerFrame, { type: T }>;
    });
  }

  /** Leaves as a client does; one that was made to read nothing cannot take part in a closing handshake. */
  close(): void {
    if (this.socket.isPaused) this.socket.terminate();
    else this.socket.close();
  }
}

/** A client of server-sent events. */
export class EventsClient {
  text = '';
  ended = false;
  readonly #abort = new AbortController();

  static async open(url: string, headers: Record<string, string> = {}): Promise<{ answer: Response; client: EventsClient }> {
    const client = new EventsClient();
    const answer = await fetch(url, { headers, signal: client.#abort.signal });
    if (answer.headers.get('content-type')?.startsWith('text/event-stream')) void client.#read(answer);
    return { answer, client };
  }

  async #read(answer: Response): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const part of answer.body as unknown as AsyncIterable<Uint8Array>) this.text += decoder.decode(part, { stream: true });
    } catch (error) {
      if (!this.#abort.signal.aborted) throw error;
    }
    this.ended = true;
  }

  /** `[event, data, id]` of every whole event. */
  get events(): { event: string; data: string; id: string | undefined }[] {
    return this.text.split('\n\n').slice(0, -1).flatMap((block) => {
      const field = (name: string) => block.split('\n').find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const event = field('event');
      return event === undefined ? [] : [{ event, data: field('data') ?? '', id: field('id') }];
    });
  }

  get messages(): ReceivedMessage[] {
    return this.events.flatMap(({ event, data }) => (event === 'message' ? [JSON.parse(data) as ReceivedMessage] : []));
  }

  get bodies(): string[] {
    return this.messages.map(({ body }) => body);
  }

  close(): void {
    this.#abort.abort();
  }
}
