import type { Problem, ReceivedMessage } from '@waybill/contracts';
import { errorOfProblem, WaybillConnectionError } from '../errors.js';
import { textLines } from '../json-lines.js';
import type { RetrySettings } from '../retry.js';
import type { SendSettlements } from '../settlements.js';
import { isBroken } from '../transport.js';
import type { Transport } from '../transport.js';
import type { Intake, MessageSource, SourceSettings } from './message-source.js';
import { reconnecting } from './reconnecting.js';

export interface ServerSentEvent {
  readonly event: string;
  readonly data: string;
}

/** Events of a text/event-stream (HTML standard §9.2.6); comments and fields that are not used here are left out. */
export async function* eventsOf(lines: AsyncIterable<string>): AsyncGenerator<ServerSentEvent, void, undefined> {
  let event = '';
  let data: string[] = [];
  for await (const line of lines) {
    if (line === '') {
      if (data.length > 0) yield { event: event || 'message', data: data.join('\n') };
      event = '';
      data = [];
      continue;
    }
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'event') event = value;
    else if (field === 'data') data.push(value);
  }
}

/** The queue's stream of server-sent events; settles by the settle call, which gives the credit back. */
export class EventStream implements MessageSource {
  /** The credit of a stream cannot be taken back. */
  readonly stopsAtOnce = false;
  private readonly over = new AbortController();

  constructor(
    private readonly transport: Transport,
    private readonly path: string,
    readonly settle: SendSettlements,
    private readonly settings: SourceSettings,
    private readonly retry: RetrySettings,
  ) {}

  run(intake: Intake, stopping: AbortSignal): Promise<void> {
    const { prefetch: credit, leaseSeconds, consumer } = this.settings;
    return reconnecting(this.transport.time, this.retry, stopping, async (worked) => {
      const answer = await this.transport.open({
        method: 'GET', path: this.path, query: { credit, leaseSeconds, consumer }, headers: { accept: 'text/event-stream' }, repeat: 'never', signal: this.over.signal,
      });
      worked();
      try {
        for await (const { event, data } of eventsOf(textLines(answer.body ?? ReadableStream.from([])))) {
          if (event === 'message') intake.put([JSON.parse(data) as ReceivedMessage]);
          else if (event === 'problem') throw errorOfProblem(JSON.parse(data) as Problem);
        }
      } catch (error) {
        throw isBroken(error) ? brokenOff(error) : error;
      }
      throw brokenOff();
    });
  }

  close(): void {
    this.over.abort(new Error('the consumer was closed'));
  }
}

const brokenOff = (cause?: unknown) => new WaybillConnectionError('connection_failed', 'the stream of events broke off', false, { cause });
