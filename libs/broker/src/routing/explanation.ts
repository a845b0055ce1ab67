import { WaybillError } from '@waybill/kernel';
import type { BindingDefinition, ExchangeKind } from '../topology-change.js';
import type { Matcher } from './matcher.js';
import type { MessageView } from './message-view.js';
import { weightOf } from './rendezvous.js';

/** What one binding did with a message. */
export interface BindingExplanation {
  readonly binding: string;
  readonly destination: BindingDefinition['destination'];
  /** Whether the message took it. */
  readonly matched: boolean;
  readonly reason: string;
}

/** What one exchange did with a message. */
export interface ExchangeExplanation {
  readonly exchange: string;
  readonly kind: ExchangeKind;
  readonly summary: string;
  /** Those the message took first. */
  readonly bindings: readonly BindingExplanation[];
  /** Bindings not listed. */
  readonly leftOut: number;
}

/** One exchange passed, as the router passed it. */
export interface Passage {
  readonly exchange: string;
  readonly kind: ExchangeKind;
  readonly matcher: Matcher;
  readonly bindings: ReadonlyMap<string, BindingDefinition>;
  readonly matched: readonly BindingDefinition[];
  readonly taken: readonly BindingDefinition[];
  /** The exchange that took the message because no binding matched. */
  readonly alternate: string | undefined;
}

/** Bindings listed in one explanation. */
export const explainedBindings = 1_000;

/**
 * Puts the router's own findings into words; reasons are found with the tests that routed. `view` pays for the reasons
 * alone: when it can pay no more they are left open, so that asking for an explanation never fails a publish.
 */
export function explainPassages(passages: readonly Passage[], view: MessageView): ExchangeExplanation[] {
  let room = explainedBindings;
  return passages.map((passage) => {
    const listed = passage.kind === 'default' ? [] : explainBindings(passage, view, room);
    room -= listed.length;
    return { exchange: passage.exchange, kind: passage.kind, summary: summaryOf(passage, view), bindings: listed, leftOut: passage.bindings.size - listed.length };
  });
}

function explainBindings({ bindings, matched, taken, matcher }: Passage, view: MessageView, most: number): BindingExplanation[] {
  const took = new Set(taken);
  const fitted = new Set(matched);
  const listed: BindingExplanation[] = [];
  const tell = (binding: BindingDefinition): void => {
    const { id, destination } = binding;
    const lost = fitted.has(binding) && !took.has(binding);
    const reason = lost ? lostSplit(binding, matched) : reasonOf(matcher, binding, view, fitted.has(binding));
    listed.push({ binding: id, destination, matched: took.has(binding), reason });
  };
  for (const binding of taken) if (listed.length < most) tell(binding);
  for (const binding of bindings.values()) {
    if (listed.length >= most) break;
    if (!took.has(binding)) tell(binding);
  }
  return listed;
}

function reasonOf(matcher: Matcher, binding: BindingDefinition, view: MessageView, matched: boolean): string {
  try {
    return matcher.reason(binding, view, matched);
  } catch (error) {
    if (error instanceof WaybillError && error.code === 'routing_too_costly') return 'the message does not fit; finding out why would take too long';
    throw error;
  }
}

function lostSplit(binding: BindingDefinition, matched: readonly BindingDefinition[]): string {
  const weights = matched.reduce((sum, other) => sum + (other.split === binding.split ? weightOf(other) : 0), 0);
  return `another binding of the split ${JSON.stringify(binding.split)} was taken; the weight of this one is ${weightOf(binding)} of ${weights}`;
}

function summaryOf({ kind, matched, taken, alternate, matcher, bindings }: Passage, view: MessageView): string {
  if (kind === 'default') return matcher.reason(matched[0] as BindingDefinition, view, matched.length > 0);
  if (alternate !== undefined) return `no binding matched, so the alternate exchange "${alternate}" took the message`;
  return `the message took ${taken.length} of ${bindings.size} ${bindings.size === 1 ? 'binding' : 'bindings'}`;
}
