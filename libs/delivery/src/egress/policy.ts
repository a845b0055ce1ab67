import { isIP } from 'node:net';
import { addressClassOf, AddressSet } from './address.js';
import { EgressRefusedError } from './refusal.js';

export interface EgressSettings {
  /** CIDRs that may be called although they are not public. */
  readonly allow: readonly string[];
  /** Ports beside 80 and 443: `8080` or `9000-9100`. */
  readonly ports: readonly string[];
}

/** Names under which clouds and clusters answer from inside, whatever they resolve to. */
const insideNames = /(^|\.)(localhost|local|localdomain|internal|intranet|lan|home\.arpa|corp|private|svc|in-addr\.arpa|ip6\.arpa)$/;
const urlLimit = 2_048;
const webPorts = [[80, 80], [443, 443]] as const;
const mailPorts = new Set([25, 465, 587]);

/** What may be called: decided from text and addresses alone, so that it says the same when a destination is made and when it is called. */
export class EgressPolicy {
  readonly #allowed: AddressSet;
  readonly #ports: readonly (readonly [number, number])[];

  /** Throws a TypeError when a network or port is not one. */
  constructor({ allow, ports }: EgressSettings) {
    this.#allowed = new AddressSet(allow);
    this.#ports = [...webPorts, ...ports.map(portRange)];
  }

  /** The parsed address of an HTTP destination. Throws EgressRefusedError. */
  url(text: string): URL {
    if (text.length > urlLimit || !URL.canParse(text)) throw new EgressRefusedError('egress_url_invalid', `it must be an absolute URL of at most ${urlLimit} characters`);
    const url = new URL(text);
    if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new EgressRefusedError('egress_scheme', `"${url.protocol}" is not https: or http:`);
    if (url.username !== '' || url.password !== '' || /^[a-z]+:[/\\]*[^/\\?#]*@/i.test(text)) throw new EgressRefusedError('egress_userinfo', 'a user name or password does not belong into a URL');
    this.port(url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port));
    this.host(url.hostname);
    return url;
  }

  /** A host that stands alone, written as the URL parser writes it. Throws EgressRefusedError. */
  plainHost(text: string): string {
    const url = `http://${isIP(text) === 6 ? `[${text}]` : text}/`;
    const host = /[/\\?#@\s]/.test(text) || !URL.canParse(url) ? '' : new URL(url).host;
    if (host === '' || (host.includes(':') && !host.startsWith('['))) throw new EgressRefusedError('egress_host', 'it must be a host name or address');
    this.host(host);
    return host;
  }

  port(port: number): void {
    if (!this.#ports.some(([first, last]) => port >= first && port <= last)) throw new EgressRefusedError('egress_port', `port ${port} is not allowed`);
  }

  /** Ports of mail servers, and those that the installation adds. */
  mailPort(port: number): void {
    if (!mailPorts.has(port) && !this.#isAdded(port)) throw new EgressRefusedError('egress_port', `port ${port} is not one of a mail server`);
  }

  /** Ports that the installation adds, and no other: for a mail server that asks nobody's name. */
  addedPort(port: number): void {
    if (!this.#isAdded(port)) throw new EgressRefusedError('egress_port', `without a user name, port ${port} is not allowed: it would take mails for anybody`);
  }

  #isAdded(port: number): boolean {
    return this.#ports.slice(webPorts.length).some(([first, last]) => port >= first && port <= last);
  }

  /** A host as the URL parser left it: a name, or an address, which is checked here because nothing resolves it later. */
  host(host: string): void {
    const literal = literalOf(host);
    if (literal !== undefined) {
      this.address(literal);
      return;
    }
    if (host === '' || host.length > 253 || host.endsWith('.')) throw new EgressRefusedError('egress_host', 'it must be a host name of at most 253 characters without a dot at its end');
    if (!/^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/.test(host)) throw new EgressRefusedError('egress_host', 'it is not a host name');
    if (!this.#allowed.isEmpty) return;
    if (!host.includes('.') || insideNames.test(host)) throw new EgressRefusedError('egress_host', `"${host}" is a name of a private network`);
  }

  /** Throws EgressRefusedError unless the address is public or allowed. */
  address(address: string): void {
    if (this.#allowed.has(address)) return;
    const kind = addressClassOf(address);
    if (kind === undefined) return;
    throw new EgressRefusedError(kind === 'metadata' ? 'egress_metadata_address' : 'egress_private_address', `${address} is not a public address (${kind})`);
  }
}

/** The address in a host that is one (`[::1]` in URLs), or undefined for a name. */
export function literalOf(host: string): string | undefined {
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
  return isIP(bare) === 0 ? undefined : bare;
}

function portRange(text: string): readonly [number, number] {
  const [first = Number.NaN, last = first] = text.split('-').map(Number);
  if (!(first >= 1 && first <= last && last <= 65_535)) throw new TypeError(`"${text}" is not a port or range of ports`);
  return [first, last];
}
