import type { BindingDefinition } from '../topology-change.js';
import type { RoutedMessage } from './matcher.js';
import { drawn, fallsTo } from './rendezvous.js';

/** What became of the bindings an exchange matched. */
export interface Taken {
  readonly bindings: readonly BindingDefinition[];
  /** Whether more than one could have been taken: the next message with the same key may go another way. */
  readonly chosen: boolean;
}

/**
 * Of the bindings that share a split one is taken, by weight. Messages of a group stay together: the same one is
 * taken for all of them until the bindings change, and then only the share of what changed moves.
 */
export function takeOfSplits(matched: readonly BindingDefinition[], { group }: RoutedMessage, random: () => number): Taken {
  const bySplit = new Map<string, BindingDefinition[]>();
  for (const binding of matched) {
    if (binding.split === undefined) continue;
    const same = bySplit.get(binding.split);
    if (same) same.push(binding);
    else bySplit.set(binding.split, [binding]);
  }
  let chosen = false;
  const taken = new Set<BindingDefinition>();
  for (const [split, same] of bySplit) {
    if (same.length > 1) chosen = true;
    taken.add(group === undefined ? drawn(same, random) : fallsTo(`${split}\0${group}`, same));
  }
  return { bindings: matched.filter((binding) => binding.split === undefined || taken.has(binding)), chosen };
}
