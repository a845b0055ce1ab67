import { isIP, isIPv4 } from 'node:net';

/** Why an address is not one of the public internet. */
export type AddressClass =
  | 'unspecified' | 'loopback' | 'private' | 'cgnat' | 'link_local' | 'metadata' | 'protocol_assignment' | 'documentation' | 'benchmark'
  | 'multicast' | 'reserved' | 'unique_local' | 'site_local' | 'discard' | 'translated' | 'tunnel' | 'segment_routing' | 'not_global_unicast';

interface Range {
  readonly family: 4 | 6;
  readonly value: bigint;
  readonly prefixBits: number;
}

const widthBits = { 4: 32, 6: 128 } as const;

/** IANA special-purpose registries (RFC 6890 and its updates), and the addresses under which clouds answer with credentials. */
const special: readonly (readonly [string, AddressClass])[] = [
  ['169.254.169.254/32', 'metadata'], ['169.254.170.2/32', 'metadata'], ['169.254.170.23/32', 'metadata'], ['100.100.100.200/32', 'metadata'],
  ['192.0.0.192/32', 'metadata'], ['168.63.129.16/32', 'metadata'],
  ['0.0.0.0/8', 'unspecified'], ['10.0.0.0/8', 'private'], ['100.64.0.0/10', 'cgnat'], ['127.0.0.0/8', 'loopback'], ['169.254.0.0/16', 'link_local'],
  ['172.16.0.0/12', 'private'], ['192.0.0.0/24', 'protocol_assignment'], ['192.0.2.0/24', 'documentation'], ['192.31.196.0/24', 'protocol_assignment'],
  ['192.52.193.0/24', 'protocol_assignment'], ['192.88.99.0/24', 'tunnel'], ['192.168.0.0/16', 'private'], ['192.175.48.0/24', 'protocol_assignment'],
  ['198.18.0.0/15', 'benchmark'], ['198.51.100.0/24', 'documentation'], ['203.0.113.0/24', 'documentation'], ['224.0.0.0/4', 'multicast'],
  ['240.0.0.0/4', 'reserved'],
  ['fd00:ec2::254/128', 'metadata'], ['fd00:ec2::23/128', 'metadata'], ['fd20:ce::254/128', 'metadata'], ['fd00:c1::a9fe:a9fe/128', 'metadata'],
  ['::/128', 'unspecified'], ['::1/128', 'loopback'], ['64:ff9b::/96', 'translated'], ['64:ff9b:1::/48', 'translated'], ['100::/64', 'discard'],
  ['100:0:0:1::/64', 'discard'], ['2001::/32', 'tunnel'], ['2001:2::/48', 'benchmark'], ['2001:db8::/32', 'documentation'], ['2001::/23', 'protocol_assignment'],
  ['2002::/16', 'tunnel'], ['2620:4f:8000::/48', 'protocol_assignment'], ['3fff::/20', 'documentation'], ['5f00::/16', 'segment_routing'],
  ['fc00::/7', 'unique_local'], ['fe80::/10', 'link_local'], ['fec0::/10', 'site_local'], ['ff00::/8', 'multicast'],
];

const ranges = special.map(([cidr, kind]) => ({ ...rangeOf(cidr), kind }));
const globalUnicast = rangeOf('2000::/3');
/** Forms of IPv6 that carry an IPv4 address in their last 32 bits: mapped, compatible, translated (SIIT, RFC 2765). */
const carriers = ['::ffff:0:0/96', '::/96', '::ffff:0:0:0/96'].map(rangeOf);

/** The class that keeps an address off the public internet, or undefined for a public one. Throws a TypeError for what is no address. */
export function addressClassOf(address: string): AddressClass | undefined {
  const family = isIP(address);
  if (family === 0) throw new TypeError('not an IP address');
  const value = valueOf(address);
  if (family === 4) return classIn(4, value);
  const own = classIn(6, value);
  if (own !== undefined) return own;
  if (carriers.some((range) => contains(range, 6, value))) return classIn(4, value & 0xffff_ffffn) ?? 'translated';
  return contains(globalUnicast, 6, value) ? undefined : 'not_global_unicast';
}

/** Networks as CIDR that an installation allows although they are not public. An IPv4 network covers its mapped form too. */
export class AddressSet {
  readonly #ranges: readonly Range[];

  constructor(cidrs: readonly string[]) {
    this.#ranges = cidrs.map(rangeOf);
  }

  get isEmpty(): boolean {
    return this.#ranges.length === 0;
  }

  has(address: string): boolean {
    const plain = unmapped(address);
    const family = isIP(plain);
    if (family === 0) return false;
    const value = valueOf(plain);
    return this.#ranges.some((range) => contains(range, family as 4 | 6, value));
  }
}

/** `::ffff:10.0.0.1` is how a dual-stack socket writes 10.0.0.1. */
function unmapped(address: string): string {
  if (isIP(address) !== 6) return address;
  const value = valueOf(address);
  return value >> 32n === 0xffffn ? [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join('.') : address;
}

function classIn(family: 4 | 6, value: bigint): AddressClass | undefined {
  return ranges.find((range) => contains(range, family, value))?.kind;
}

function contains(range: Range, family: 4 | 6, value: bigint): boolean {
  const shift = BigInt(widthBits[family] - range.prefixBits);
  return range.family === family && range.value >> shift === value >> shift;
}

function rangeOf(cidr: string): Range {
  const [address = '', bits = ''] = cidr.split('/');
  const family = isIP(address);
  const prefixBits = Number(bits);
  if (family === 0 || !/^\d{1,3}$/.test(bits) || prefixBits > widthBits[family as 4 | 6]) throw new TypeError(`"${cidr}" is not a network`);
  return { family: family as 4 | 6, value: valueOf(address), prefixBits };
}

/** A text that `isIP` accepts as a number. A zone (`fe80::1%eth0`) is part of no address. */
function valueOf(address: string): bigint {
  if (isIPv4(address)) return address.split('.').reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
  const [text = ''] = address.split('%');
  const split = text.lastIndexOf(':') + 1;
  const tail = text.slice(split);
  const whole = isIPv4(tail) ? `${text.slice(0, split)}${(valueOf(tail) >> 16n).toString(16)}:${(valueOf(tail) & 0xffffn).toString(16)}` : text;
  const [head = '', rest] = whole.split('::');
  const groupsOf = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const before = groupsOf(head);
  const after = rest === undefined ? [] : groupsOf(rest);
  const zeros = rest === undefined ? 0 : 8 - before.length - after.length;
  return [...before, ...Array<string>(zeros).fill('0'), ...after].reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n);
}
