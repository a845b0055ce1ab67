import type { NamespaceId } from '@waybill/kernel';
import type { MessageProperties } from '../message.js';
import type { Position } from '../position.js';

/** What operations need of the engine; named here so that each can be tested alone. */
export interface OperatedQueue {
  readonly ns: NamespaceId;
  readonly id: string;
  readonly name: string;
}

export type EntryState = 'ready' | 'leased' | 'delayed' | 'deferred' | 'dead';

/** A message as it lies in a queue. */
export interface Entry {
  readonly state: EntryState;
  /** Where it lies in that state; names it to the calls that take it away. */
  readonly position: Position;
  readonly id: string;
  readonly deliveries: number;
  readonly properties: MessageProperties;
  readonly body: Buffer;
}

export interface EntryPage<E extends Entry = Entry> {
  readonly entries: readonly E[];
  /** Where the next page starts; null when this was the last. */
  readonly next: string | null;
}

export interface EntrySource<E extends Entry = Entry> {
  page(queue: OperatedQueue, state: EntryState, after: string | undefined, count: number): Promise<EntryPage<E>>;
  find(queue: OperatedQueue, messageId: string): Promise<E | undefined>;
}

/** Bytes of a message that a reading costs. */
export const bytesOf = (entry: Entry): number => entry.body.length + 200;
