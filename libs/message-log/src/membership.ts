/**
 * Which messages and routing keys a segment speaks of: a Bloom filter. It may say yes wrongly, about once in a
 * hundred, and never no wrongly. The database asks it too (segment.store.ts): probe `p` is bit `p mod size`.
 */
const bitsPerMember = 10;
const probesPerMember = 5;

export function membersOf(positions: ReadonlySet<number>, keys: Iterable<string>, keyCount: number): Buffer<ArrayBuffer> {
  const filter = Buffer.alloc(Math.max(1, Math.ceil(((positions.size + keyCount) * bitsPerMember) / 8)));
  const bits = filter.length * 8;
  const set = (low: number, high: number): void => {
    for (let i = 0; i < probesPerMember; i += 1) {
      const bit = (low + i * high) % bits;
      filter[bit >>> 3]! |= 1 << (bit & 7);
    }
  };
  for (const position of positions) set(positionHash(position, 1), positionHash(position, 2));
  for (const key of keys) set(textHash(key, 1), textHash(key, 2));
  return filter;
}

export const probesOfPosition = (position: number): number[] => probes(positionHash(position, 1), positionHash(position, 2));
export const probesOfKey = (key: string): number[] => probes(textHash(key, 1), textHash(key, 2));

/** Whether a filter may have a member with these probes. */
export function mayHave(filter: Uint8Array, memberProbes: readonly number[]): boolean {
  const bits = filter.length * 8;
  return memberProbes.every((probe) => {
    const bit = probe % bits;
    return ((filter[Math.floor(bit / 8)]! >>> (bit % 8)) & 1) === 1;
  });
}

function probes(low: number, high: number): number[] {
  return Array.from({ length: probesPerMember }, (_, i) => low + i * high);
}

function positionHash(position: number, seed: number): number {
  const high = Math.floor(position / 2 ** 32);
  return scatter(scatter((position >>> 0) ^ Math.imul(seed, 0x9e3779b9)) ^ high ^ seed);
}

function textHash(text: string, seed: number): number {
  let hash = Math.imul(seed, 0x811c9dc5);
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return scatter(hash);
}

/** The finalizer of MurmurHash3: every bit of the input moves every bit of the output. */
function scatter(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
