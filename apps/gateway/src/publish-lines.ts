import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { OutgoingMessage, PublishedMessage } from '@waybill/broker';
import { WaybillError } from '@waybill/kernel';
import { parsedJson } from '@waybill/platform';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LineSplitter, tooLong } from './line-splitter.js';
import { messageOf } from './message-input.js';
import { storedIn } from './publish-door.js';
import type { PublishCall, PublishDoor } from './publish-door.js';
import { resultJson } from './publish-reply.js';
import { allowSlowBody } from './slow-bodies.js';

/** Messages in one publish, and publishes of one stream under way: what a stream holds in memory. */
const groupMessages = 100;
const groupBytes = 1024 * 1024;
const groupsAtOnce = 4;
/** A stream may rest between two lines, but not for ever. */
const silenceMs = 60_000;
const rateLimitedMs = 100;

type Line = OutgoingMessage | WaybillError;

/**
 * Publishes a stream of lines as it comes and answers each, in order. Nothing is read while the client does not take
 * its answers. Fails with the code of the first publish when the target does not exist; after the first answer every
 * failure is a line of its own.
 */
export async function linesOf(door: PublishDoor, call: PublishCall, request: FastifyRequest, reply: FastifyReply, stream: IncomingMessage): Promise<Readable> {
  allowSlowBody(stream);
  const { socket } = stream;
  const cutOff = () => socket.destroy();
  socket.setTimeout(silenceMs, cutOff);
  stream.once('close', () => socket.setTimeout(0).off('timeout', cutOff));
  // What was not read when the process stops is not stored; the client sees which lines have no answer.
  reply.raw.once('finish', () => {
    if (!stream.complete) socket.destroySoon();
  });
  const answers = answersTo(door, call, request.id, groupsOf(door, call, stream));
  const first = await answers.next();
  return Readable.from(
    (async function* () {
      if (first.done) return;
      yield first.value;
      yield* answers;
    })(),
    { objectMode: false },
  );
}

async function* answersTo(door: PublishDoor, call: PublishCall, requestId: string, groups: AsyncGenerator<Line[]>): AsyncGenerator<string> {
  const underWay: Promise<string>[] = [];
  let next: Promise<IteratorResult<Line[]>> | undefined = groups.next();
  // Whoever awaits a promise here learns of its failure; until then it is not "unhandled".
  const quiet = (promise: Promise<unknown>): void => void promise.catch(() => undefined);
  let isFirst = true;
  while (next !== undefined || underWay.length > 0) {
    const oldest = underWay[0];
    const come: 'group' | 'answer' =
      next === undefined || underWay.length >= groupsAtOnce ? 'answer'
      : oldest === undefined ? 'group'
      : await Promise.race([next.then(() => 'group' as const), oldest.then(() => 'answer' as const)]);
    if (come === 'answer') {
      yield await (oldest as Promise<string>);
      void underWay.shift();
      continue;
    }
    const group: IteratorResult<Line[]> = await (next as Promise<IteratorResult<Line[]>>);
    if (group.done) {
      next = undefined;
      continue;
    }
    await admitted(door, call, group.value.length);
    const answer = publishGroup(door, call, requestId, group.value, isFirst);
    quiet(answer);
    underWay.push(answer);
    isFirst = false;
    next = groups.next();
    quiet(next);
  }
}

/** Whatever may have to be waited for before a publish: groups go to the store in the order of their lines. */
async function admitted({ broker, rates, closing }: PublishDoor, { caller }: PublishCall, messages: number): Promise<void> {
  await Promise.all([broker.active.touch(caller.namespaceId), broker.prices.ready(caller.namespaceId)]);
  for (;;) {
    try {
      await rates?.take(caller, messages);
      return;
    } catch (error) {
      // A stream over its limit is slowed down, not refused.
      if (!(error instanceof WaybillError && error.code === 'rate_limited') || closing.aborted) throw error;
      await pause(rateLimitedMs);
    }
  }
}

const noSuchTarget: ReadonlySet<string> = new Set(['exchange_not_found', 'queue_not_found']);

/** One answer a line. Only the first group may fail as a whole: nothing has been answered yet. */
async function publishGroup(door: PublishDoor, call: PublishCall, requestId: string, lines: readonly Line[], isFirst: boolean): Promise<string> {
  const sound = lines.filter((line): line is OutgoingMessage => !(line instanceof WaybillError));
  let results: readonly (PublishedMessage | WaybillError)[] = [];
  try {
    door.broker.memory.check();
    const { caller, target } = call;
    if (sound.length > 0) results = await door.broker.publisher.publish(caller.namespaceId, target, sound, { mode: 'each', publishedBy: caller.actor.id });
    door.onPublished(storedIn(results.filter((result): result is PublishedMessage => !(result instanceof WaybillError))));
  } catch (error) {
    if (!(error instanceof WaybillError) || (isFirst && noSuchTarget.has(error.code))) throw error;
    results = sound.map(() => error);
  }
  let at = 0;
  const prices = door.broker.prices.of(call.caller.namespaceId);
  return lines.map((line) => `${resultJson(line instanceof WaybillError ? line : (results[at++] as PublishedMessage | WaybillError), requestId, prices)}\n`).join('');
}

/** Lines in groups, each as soon as it is there. A line cut off by the client's end is not one. */
async function* groupsOf(door: PublishDoor, call: PublishCall, stream: IncomingMessage): AsyncGenerator<Line[]> {
  const splitter = new LineSplitter(lineLimitOf(door.inlineLimitBytes));
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const closing = new Promise<'closing'>((resolve) => {
    if (door.closing.aborted) resolve('closing');
    door.closing.addEventListener('abort', () => resolve('closing'), { once: true });
  });
  for (;;) {
    const chunk = await Promise.race([chunks.next(), closing]);
    if (chunk === 'closing') break;
    yield* grouped(door, call, chunk.done ? splitter.end() : splitter.push(chunk.value));
    if (chunk.done) return;
  }
}

function* grouped(door: PublishDoor, call: PublishCall, lines: Iterable<Buffer | typeof tooLong>): Generator<Line[]> {
  let group: Line[] = [];
  let bytes = 0;
  for (const line of lines) {
    group.push(messageIn(door, call, line));
    bytes += line === tooLong ? 0 : line.length;
    if (group.length < groupMessages && bytes < groupBytes) continue;
    yield group;
    [group, bytes] = [[], 0];
  }
  if (group.length > 0) yield group;
}

function messageIn(door: PublishDoor, { exchange }: PublishCall, line: Buffer | typeof tooLong): Line {
  const bodyLimitBytes = door.inlineLimitBytes;
  try {
    if (line === tooLong) throw new WaybillError('request_body_too_large', { limitBytes: bodyLimitBytes });
    return messageOf(parsedJson(line), { exchange, bodyLimitBytes, nowMs: door.clock.nowMs() });
  } catch (error) {
    if (error instanceof WaybillError) return error;
    throw error;
  }
}

/** Room for a body of the limit in base64 with its properties. */
function lineLimitOf(inlineLimitBytes: number): number {
  return Math.ceil(inlineLimitBytes * 4 / 3) + 256 * 1024;
}
