import type { Problem, ReceivedMessage } from '@waybill/contracts';
import type { WebSocket } from 'ws';
import { apiErrorOf, errorOfProblem, WaybillConnectionError } from '../errors.js';
import type { RetrySettings } from '../retry.js';
import type { SendSettlements, SettleBody, SettleResult } from '../settlements.js';
import type { Transport } from '../transport.js';
import type { Intake, MessageSource, SourceSettings } from './message-source.js';
import { reconnecting } from './reconnecting.js';

/** Frames from the server (asyncapi.json). */
type Frame =
  | { readonly type: 'message'; readonly message: ReceivedMessage }
  | { readonly type: 'settled'; readonly id?: string; readonly results: readonly SettleResult[] }
  | { readonly type: 'problem'; readonly id?: string; readonly problem: Problem }
  | { readonly type: 'paused' | 'pong' | 'ready' };

interface Asked {
  readonly resolve: (results: readonly SettleResult[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Without a word from the server for this long, pings included, the connection is taken for dead. */
const silenceMs = 60_000;

/** One socket: messages come, settlements go. Settles by call while the socket is down. */
export class WebSocketStream implements MessageSource {
  readonly stopsAtOnce = true;
  private socket: WebSocket | undefined;
  private readonly asked = new Map<string, Asked>();
  private lastId = 0;

  constructor(
    private readonly transport: Transport,
    private readonly path: string,
    private readonly settleByCall: SendSettlements,
    private readonly settings: SourceSettings,
    private readonly retry: RetrySettings,
  ) {}

  /** The socket outlives the signal until `close`, so that what is in hand can be settled on it. */
  async run(intake: Intake, signal: AbortSignal): Promise<void> {
    const stop = () => this.send({ action: 'credit', credit: 0 });
    signal.addEventListener('abort', stop, { once: true });
    await reconnecting(this.transport.time, this.retry, signal, (worked) => this.connect(intake, signal, worked));
    signal.removeEventListener('abort', stop);
  }

  readonly settle: SendSettlements = async (body: SettleBody) => {
    const id = String((this.lastId += 1));
    if (!this.send({ action: 'settle', id, ...body })) return this.settleByCall(body);
    try {
      return await new Promise((resolve, reject) => this.asked.set(id, { resolve, reject }));
    } catch (error) {
      // The answer was lost with the socket, or the store was away: repeating a settlement is harmless, and a call tries again.
      if ((error as { retryable?: boolean }).retryable) return this.settleByCall(body);
      throw error;
    }
  };

  close(): void {
    this.socket?.close(1000);
  }

  /** Returns when the signal aborts; rejects when the connection fails or ends. */
  private async connect(intake: Intake, signal: AbortSignal, worked: () => void): Promise<void> {
    const { WebSocket } = await import('ws');
    const { prefetch: credit, leaseSeconds, consumer } = this.settings;
    const query = new URLSearchParams({ credit: String(credit), consumer, ...(leaseSeconds === undefined ? {} : { leaseSeconds: String(leaseSeconds) }) });
    const url = `${this.transport.url.replace(/^http/, 'ws')}${this.path}?${query.toString()}`;
    const sentAt = this.transport.time.now();
    const authorization = await this.transport.authorization();
    if (signal.aborted) return;
    const socket = new WebSocket(url, { headers: { authorization }, handshakeTimeout: this.retry.attemptMs, maxPayload: 256 * 1024 * 1024 });
    this.socket = socket;
    await new Promise<void>((resolve, reject) => {
      let silence: NodeJS.Timeout | undefined;
      const heard = () => {
        clearTimeout(silence);
        silence = setTimeout(() => socket.terminate(), silenceMs);
        silence.unref();
      };
      const end = (error: unknown) => {
        clearTimeout(silence);
        signal.removeEventListener('abort', stopped);
        if (this.socket === socket) this.socket = undefined;
        socket.terminate();
        this.giveUp(error);
        reject(error);
      };
      const stopped = () => resolve();
      signal.addEventListener('abort', stopped, { once: true });
      socket.on('upgrade', (answer) => this.transport.clock.observe(answer.headers.date ?? null, sentAt));
      socket.on('open', () => {
        worked();
        heard();
      });
      socket.on('ping', heard);
      socket.on('message', (data: Buffer) => {
        heard();
        this.take(JSON.parse(data.toString('utf8')) as Frame, intake, end);
      });
      socket.on('unexpected-response', (_request, answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('end', () => {
          const headers = new Headers(Object.entries(answer.headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value] as [string, string]] : [])));
          end(apiErrorOf(answer.statusCode ?? 0, headers, Buffer.concat(parts).toString('utf8'), this.transport.time.now()));
        });
      });
      socket.on('error', (cause) => end(new WaybillConnectionError('connection_failed', `${url.split('?')[0]}: ${cause.message}`, false, { cause })));
      socket.on('close', (code) => end(new WaybillConnectionError('connection_failed', `the socket was closed (${code})`, false)));
    });
  }

  private take(frame: Frame, intake: Intake, end: (error: unknown) => void): void {
    if (frame.type === 'message') return intake.put([frame.message]);
    if (frame.type !== 'settled' && frame.type !== 'problem') return;
    const asked = frame.id === undefined ? undefined : this.asked.get(frame.id);
    if (frame.id !== undefined) this.asked.delete(frame.id);
    if (frame.type === 'settled') asked?.resolve(frame.results);
    else if (asked) asked.reject(errorOfProblem(frame.problem));
    else end(errorOfProblem(frame.problem));
  }

  private giveUp(error: unknown): void {
    for (const { reject } of this.asked.values()) reject(error);
    this.asked.clear();
  }

  /** False when there is no socket to send on. */
  private send(frame: object): boolean {
    if (this.socket === undefined || this.socket.readyState !== this.socket.OPEN) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }
}
