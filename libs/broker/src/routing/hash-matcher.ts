import type { BindingDefinition, HashOn } from '../topology-change.js';
import type { Matcher, RoutedMessage } from './matcher.js';
import { shown } from './matcher.js';
import type { MessageView } from './message-view.js';
import { appeal, drawOf, hashOf, weightOf } from './rendezvous.js';

/** Bindings of one weight: among them the highest draw wins, which needs no logarithm. */
interface WeightClass {
  readonly weight: number;
  readonly seeds: number[];
  readonly bindings: BindingDefinition[];
  readonly indexOf: Map<string, number>;
}

/** Each message goes to exactly one binding, the same for the same value; see {@link appeal} for the shares. */
export class HashMatcher implements Matcher {
  readonly reads: 'key' | 'message';
  readonly #classes = new Map<number, WeightClass>();
  #weights = 0;

  constructor(private readonly hashOn: HashOn = 'key') {
    this.reads = hashOn === 'key' ? 'key' : 'message';
  }

  add(binding: BindingDefinition): void {
    const weight = weightOf(binding);
    let same = this.#classes.get(weight);
    if (!same) this.#classes.set(weight, (same = { weight, seeds: [], bindings: [], indexOf: new Map() }));
    same.indexOf.set(binding.id, same.bindings.length);
    same.seeds.push(hashOf(binding.id));
    same.bindings.push(binding);
    this.#weights += weight;
  }

  remove(binding: BindingDefinition): void {
    const same = this.#classes.get(weightOf(binding));
    const index = same?.indexOf.get(binding.id);
    if (!same || index === undefined) return;
    const lastBinding = same.bindings.pop() as BindingDefinition;
    const lastSeed = same.seeds.pop() as number;
    same.indexOf.delete(binding.id);
    if (index < same.bindings.length) {
      same.bindings[index] = lastBinding;
      same.seeds[index] = lastSeed;
      same.indexOf.set(lastBinding.id, index);
    }
    if (same.bindings.length === 0) this.#classes.delete(same.weight);
    this.#weights -= same.weight;
  }

  match({ message }: MessageView): readonly BindingDefinition[] {
    const keyHash = hashOf(this.#hashed(message).value);
    let best: BindingDefinition | undefined;
    let most = -Infinity;
    for (const same of this.#classes.values()) {
      const { binding, draw } = highest(same, keyHash);
      const wants = appeal(draw, same.weight);
      if (!best || wants > most || (wants === most && binding.id < best.id)) [best, most] = [binding, wants];
    }
    return best ? [best] : [];
  }

  reason(binding: BindingDefinition, { message }: MessageView, matched: boolean): string {
    const { name, value } = this.#hashed(message);
    return `${name} ${shown(value)} falls to ${matched ? 'this' : 'another'} binding; the weight of this one is ${weightOf(binding)} of ${this.#weights}`;
  }

  /** What is hashed; a message without it is hashed by its routing key. */
  #hashed({ key, headers, group, dedupId, correlationId }: RoutedMessage): { name: string; value: string } {
    const { hashOn } = this;
    let value: string | undefined;
    if (typeof hashOn === 'object') {
      const header = hashOn.header.toLowerCase();
      if (Object.hasOwn(headers, header)) value = headers[header];
    } else if (hashOn === 'group') value = group;
    else if (hashOn === 'dedup-id') value = dedupId;
    else if (hashOn === 'correlation-id') value = correlationId;
    if (value === undefined) return { name: 'the routing key', value: key };
    return { name: typeof hashOn === 'object' ? `header "${hashOn.header}"` : `the ${hashOn}`, value };
  }
}

function highest({ seeds, bindings }: WeightClass, keyHash: number): { binding: BindingDefinition; draw: number } {
  let draw = -1;
  let at = 0;
  for (let i = 0; i < seeds.length; i += 1) {
    const its = drawOf(keyHash, seeds[i] as number);
    if (its > draw || (its === draw && (bindings[i] as BindingDefinition).id < (bindings[at] as BindingDefinition).id)) [draw, at] = [its, i];
  }
  return { binding: bindings[at] as BindingDefinition, draw };
}
