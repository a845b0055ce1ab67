import type { Position } from '@waybill/broker';
import { positionOf } from '@waybill/broker';
import { codeOf } from './fact.js';
import type { LogEntry } from './log-entry.js';
import type { PublishPlan } from './publish-plan.js';
import { PlanReader } from './publish-plan.js';

/** Messages of one publish call. Lists have one item per message, those left out included. */
export interface PublishEntry {
  readonly kind: 'publish';
  readonly first: Position;
  readonly plan: PublishPlan;
  readonly routes: readonly number[];
  readonly publishedBy: readonly string[];
  readonly bytes: readonly number[];
  readonly keys: readonly string[];
  readonly origins: readonly (Position | undefined)[];
  readonly exceptions: PublishExceptions;
}

export interface PublishExceptions {
  /** Messages of which nothing was stored or counted: their call was answered with an error, or repeats an earlier one. */
  readonly leftOut: ReadonlySet<number>;
  readonly notTaken: readonly NotTaken[];
}

/** A message that one queue did not take. */
export interface NotTaken {
  readonly index: number;
  readonly queueId: string;
  readonly code: number;
  /** duplicate: how many positions before it the original is; refused: the limit. */
  readonly argument: number | string | undefined;
}

/** What happened to messages of one queue. Lists have one item per message. */
export interface QueueEntry {
  readonly kind: 'queue';
  readonly queueId: string;
  /** By which moment its events were counted; undefined where nothing was, and for entries of an older version. */
  readonly countedMs: number | undefined;
  readonly holder: string | undefined;
  readonly codes: readonly number[];
  readonly positions: readonly Position[];
  readonly deliveries: readonly number[];
  readonly arguments: readonly (number | string | undefined)[];
}

type Letters = Readonly<Record<string, number>>;
const settled: Letters = { a: codeOf.accepted, r: codeOf.released, x: codeOf.dead, e: codeOf.extended, f: codeOf.deferred };
const returned: Letters = { b: codeOf.returned, d: codeOf.due, x: codeOf.dead };
const numeric: ReadonlySet<number> = new Set([codeOf.leased, codeOf.released, codeOf.extended]);
/** A queue that was emptied as a whole: no positions are known. */
const everything = 0x2a;

const colon = 0x3a;
const space = 0x20;
const zero = 0x30;

/** Reads entries of the log stream as libs/broker's scripts write them. */
export class EntryDecoder {
  readonly #plans = new PlanReader();

  /** Throws when the entry is not understood, before anything was taken from it. */
  decode({ fields }: LogEntry): PublishEntry | QueueEntry {
    const kind = textField(fields, 'k');
    if (kind === 'p') return this.#publish(fields);
    if (kind === 'c') return queueEntry(fields, codeOf.leased, textField(fields, 'h'));
    if (kind === 's') return queueEntry(fields, settled, undefined);
    if (kind === 'b') return queueEntry(fields, returned, undefined);
    if (kind === 'g') return field(fields, 'm')[0] === everything ? emptied(fields) : queueEntry(fields, codeOf.purged, undefined);
    throw new Error(`entry of unknown kind ${JSON.stringify(kind)}`);
  }

  #publish(fields: ReadonlyMap<string, Buffer>): PublishEntry {
    const plan = this.#plans.read(textField(fields, 'plan'));
    const routeBytes = field(fields, 'r');
    const first = wholeNumber(field(fields, 'f'), 0, field(fields, 'f').length);
    const count = routeBytes.length / 2;
    const routes: number[] = [];
    for (let i = 0; i < count; i += 1) {
      const route = routeBytes.readUInt16BE(i * 2);
      if (route >= plan.routes.length) throw new Error('route out of range');
      routes.push(route);
    }
    const { runs, ...details } = readDetails(field(fields, 'd'));
    if (details.keys.length !== count) throw new Error('details of another number of messages');
    const exceptions = fields.get('x');
    const told = exceptions === undefined || exceptions.length === 0 ? noExceptions : readExceptions(exceptions.toString('latin1'), { plan, count, runs, first });
    return { kind: 'publish', first, plan, routes, ...details, exceptions: told };
  }
}

interface Details extends Pick<PublishEntry, 'publishedBy' | 'bytes' | 'keys' | 'origins'> {
  /** Index of the first message of each run. */
  readonly runs: readonly number[];
}

/** Runs of messages of one call each: count (2 bytes), publisher, then per message size (4 bytes), own id and key. */
function readDetails(blob: Buffer): Details {
  const [publishedBy, bytes, keys, origins, runs]: [string[], number[], string[], (Position | undefined)[], number[]] = [[], [], [], [], []];
  let offset = 0;
  const shortText = (): string => {
    const end = offset + 1 + blob.readUInt8(offset);
    if (end > blob.length) throw new Error('details are cut');
    const value = blob.toString('utf8', offset + 1, end);
    offset = end;
    return value;
  };
  while (offset < blob.length) {
    const count = blob.readUInt16BE(offset);
    offset += 2;
    const publisher = shortText();
    runs.push(keys.length);
    for (let i = 0; i < count; i += 1) {
      publishedBy.push(publisher);
      bytes.push(blob.readUInt32BE(offset));
      offset += 4;
      const ownId = shortText();
      origins.push(ownId === '' ? undefined : known(positionOf(ownId), 'own id'));
      keys.push(shortText());
    }
  }
  return { publishedBy, bytes, keys, origins, runs };
}

const noExceptions: PublishExceptions = { leftOut: new Set(), notTaken: [] };

interface PublishCall {
  readonly plan: PublishPlan;
  readonly first: Position;
  readonly count: number;
  readonly runs: readonly number[];
}

/**
 * `<message>:<queue>:r:<limit>` refused; `<message>:<queue>:d:<position or @message>` duplicate; `<message>:-:s` left out;
 * `<run>:-:i:<position>` and `<run>:-:k`: the whole run was left out because of its Idempotency-Key.
 */
function readExceptions(text: string, call: PublishCall): PublishExceptions {
  const leftOut = new Set<number>();
  const notTaken: NotTaken[] = [];
  for (const item of text.split(' ')) {
    const [, left = '', queue = '', letter = '', argument = ''] = known(/^(\d+):(-|\d+):([a-z])(?::(.*))?$/.exec(item) ?? undefined, 'exception');
    const index = Number(left);
    if (queue === '-' && letter === 's') leftOut.add(index);
    else if (queue === '-' && (letter === 'i' || letter === 'k')) {
      const end = call.runs[index + 1] ?? call.count;
      for (let i = known(call.runs[index], 'run'); i < end; i += 1) leftOut.add(i);
    } else {
      if (index >= call.count) throw new Error('exception of no message');
      const queueId = known(call.plan.queues[Number(queue)], 'queue');
      if (letter === 'r') notTaken.push({ index, queueId, code: codeOf.refused, argument: argument || undefined });
      else if (letter === 'd') notTaken.push({ index, queueId, code: codeOf.duplicate, argument: distance(call, index, argument) });
      else throw new Error(`exception of unknown kind ${letter}`);
    }
  }
  return { leftOut, notTaken: notTaken.filter(({ index }) => !leftOut.has(index)) };
}

/** How many positions before the message its original is. */
function distance({ first }: PublishCall, index: number, original: string): number {
  const back = original.startsWith('@') ? index - Number(original.slice(1)) : first + index - Number(original);
  if (!Number.isSafeInteger(back) || back < 0 || back > Number.MAX_SAFE_INTEGER / 4) throw new Error('duplicate of a position out of range');
  return back;
}

function emptied(fields: ReadonlyMap<string, Buffer>): QueueEntry {
  return { kind: 'queue', queueId: textField(fields, 'q'), countedMs: undefined, holder: undefined, codes: [codeOf.emptied], positions: [0], deliveries: [0], arguments: [undefined] };
}

/** `letters`: what the letter before each position means; a number when there is none and all mean the same. */
function queueEntry(fields: ReadonlyMap<string, Buffer>, letters: Letters | number, holder: string | undefined): QueueEntry {
  const list = field(fields, 'm');
  const [codes, positions, deliveries, args]: [number[], Position[], number[], (number | string | undefined)[]] = [[], [], [], []];
  for (let start = 0; start < list.length; ) {
    let end = list.indexOf(space, start);
    if (end < 0) end = list.length;
    if (end > start) {
      const code = typeof letters === 'number' ? letters : known(letters[String.fromCharCode(list[start]!)], 'event');
      const from = typeof letters === 'number' ? start : start + 1;
      const afterPosition = partEnd(list, from, end);
      const afterDeliveries = afterPosition === end ? end : partEnd(list, afterPosition + 1, end);
      codes.push(code);
      positions.push(wholeNumber(list, from, afterPosition));
      deliveries.push(afterPosition === end ? 0 : wholeNumber(list, afterPosition + 1, afterDeliveries));
      args.push(afterDeliveries >= end - 1 ? undefined : argumentOf(list, code, afterDeliveries + 1, end));
    }
    start = end + 1;
  }
  const counted = fields.get('t');
  return {
    kind: 'queue', queueId: textField(fields, 'q'), countedMs: counted && wholeNumber(counted, 0, counted.length), holder, codes, positions, deliveries, arguments: args,
  };
}

function argumentOf(list: Buffer, code: number, start: number, end: number): number | string {
  return numeric.has(code) ? wholeNumber(list, start, end) : list.toString('utf8', start, end).replaceAll('%20', ' ');
}

function partEnd(list: Buffer, start: number, end: number): number {
  for (let i = start; i < end; i += 1) if (list[i] === colon) return i;
  return end;
}

function wholeNumber(text: Buffer, start: number, end: number): number {
  let value = 0;
  for (let i = start; i < end; i += 1) {
    const digit = text[i]! - zero;
    if (digit < 0 || digit > 9) throw new Error('number expected');
    value = value * 10 + digit;
  }
  if (end <= start || !Number.isSafeInteger(value)) throw new Error('number expected');
  return value;
}

function field(fields: ReadonlyMap<string, Buffer>, name: string): Buffer {
  return known(fields.get(name), `field ${name}`);
}

function textField(fields: ReadonlyMap<string, Buffer>, name: string): string {
  return field(fields, name).toString('utf8');
}

function known<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`${what} is missing or unknown`);
  return value;
}
