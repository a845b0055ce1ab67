import type { MessageProperties } from '../message.js';
import type { BindingDefinition } from '../topology-change.js';
import type { MessageView } from './message-view.js';

/** What exchanges look at. A body stored outside the broker is undefined: it counts as none. */
export type RoutedMessage = Pick<MessageProperties, 'key' | 'headers' | 'contentType' | 'group' | 'dedupId' | 'correlationId' | 'priority'> & {
  readonly body: Buffer | undefined;
};

/** Where a test leaves why it failed, for whoever wants to know. */
export interface Note {
  reason: string;
}

/** Finds the bindings of one exchange that a message matches. */
export interface Matcher {
  /** What the answer depends on: it is remembered by routing key unless it depends on the rest of the message. */
  readonly reads: 'nothing' | 'key' | 'message';
  add(binding: BindingDefinition): void;
  remove(binding: BindingDefinition): void;
  match(view: MessageView): readonly BindingDefinition[];
  /** In plain English, why `match` did or did not find the binding. */
  reason(binding: BindingDefinition, view: MessageView, matched: boolean): string;
}

/** A value of the message as a reader of an explanation should see it: JSON, cut short. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`;
}
