import type { BindingDefinition } from '../topology-change.js';

/** 32 well-mixed bits of a text (FNV-1a over its UTF-16 units, finished as MurmurHash3 does). The same in every process and release: it decides where keys go. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mixed(hash);
}

/** MurmurHash3's finalizer: every bit of the input moves every bit of the output. */
export function mixed(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

export const weightOf = ({ weight }: BindingDefinition): number => weight ?? 1;

/**
 * How much a binding wants a key; the one that wants it most gets it (weighted rendezvous hashing). Each gets its
 * share by weight, and a binding that comes or goes takes or leaves only its own share of the keys.
 * `draw` is 32 bits made of key and binding.
 */
export function appeal(draw: number, weight: number): number {
  return Math.log((draw + 0.5) / 0x1_0000_0000) / weight;
}

/** The draw of one binding for a key. */
export function drawOf(keyHash: number, seed: number): number {
  return mixed(Math.imul(keyHash, 0x9e3779b1) ^ seed);
}

/** Of a few bindings, the one a text falls to, whatever order they come in. */
export function fallsTo(text: string, bindings: readonly BindingDefinition[]): BindingDefinition {
  const keyHash = hashOf(text);
  let best = bindings[0] as BindingDefinition;
  let most = -Infinity;
  for (const binding of bindings) {
    const wants = appeal(drawOf(keyHash, hashOf(binding.id)), weightOf(binding));
    if (wants > most || (wants === most && binding.id < best.id)) [best, most] = [binding, wants];
  }
  return best;
}

/** One of a few bindings by chance; `random` gives 0 to below 1. */
export function drawn(bindings: readonly BindingDefinition[], random: () => number): BindingDefinition {
  let left = random() * bindings.reduce((sum, binding) => sum + weightOf(binding), 0);
  for (const binding of bindings) {
    left -= weightOf(binding);
    if (left < 0) return binding;
  }
  return bindings.at(-1) as BindingDefinition;
}
