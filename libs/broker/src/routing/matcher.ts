import type { BindingDefinition } from '../topology-change.js';

export type MessageHeaders = Readonly<Record<string, string>>;

/** Finds the bindings of one exchange that a message matches. */
export interface Matcher {
  /** Whether the answer depends on the headers, so that it cannot be remembered by routing key. */
  readonly readsHeaders: boolean;
  add(binding: BindingDefinition): void;
  remove(binding: BindingDefinition): void;
  match(key: string, headers: MessageHeaders): Iterable<BindingDefinition>;
}
