import { connect as connectTcp } from 'node:net';
import type { LookupFunction, OnReadOpts, Socket } from 'node:net';
import { rootCertificates } from 'node:tls';
import type { SecureContextOptions } from 'node:tls';
import { buildConnector } from 'undici';
import { literalOf } from './policy.js';
import type { EgressPolicy } from './policy.js';
import type { HostResolver } from './resolver.js';
import { refusalIn } from './refusal.js';

/** Addresses of one name that are looked at; an answer with more is cut. */
const addressLimit = 16;

export interface ConnectorOptions {
  readonly connectTimeoutMs: number;
  /** Client certificate and further trusted roots. */
  readonly tls?: SecureContextOptions | undefined;
  /** For `net.connect`: reads into one buffer instead of a stream. */
  readonly onread?: OnReadOpts | undefined;
}

/**
 * Opens connections only to addresses that the policy lets through. A name is resolved once per connection, every one of its
 * addresses is checked, and the socket goes to one of them: there is no second look-up that could answer differently.
 */
export class EgressGuard {
  constructor(
    readonly policy: EgressPolicy,
    private readonly resolver: HostResolver,
    /** PEM of roots that are trusted beside those of Node; NODE_EXTRA_CA_CERTS does the same for a whole process. */
    private readonly roots: readonly string[] = [],
  ) {}

  /**
   * The checked addresses of a host, a literal included. One bad address refuses the name: which of them is called is not
   * for its owner to gamble on. Throws EgressRefusedError, or what the resolver throws.
   */
  async addressesOf(host: string): Promise<readonly string[]> {
    this.policy.host(host);
    const literal = literalOf(host);
    if (literal !== undefined) return [literal];
    const addresses = (await this.resolver.resolve(host)).slice(0, addressLimit);
    if (addresses.length === 0) throw Object.assign(new Error(`${host} has no address`), { code: 'ENODATA' });
    for (const address of addresses) this.policy.address(address);
    return addresses;
  }

  /** The look-up of `net.connect`, which asks it for names only: literals are checked before. */
  readonly lookup: LookupFunction = (host, options, callback) => {
    this.addressesOf(host).then(
      (addresses) => {
        const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
        const [first] = found;
        if (options.all === true) (callback as (error: null, found: readonly object[]) => void)(null, found);
        else callback(null, first?.address ?? '', first?.family ?? 4);
      },
      (error: unknown) => callback(error as NodeJS.ErrnoException, '', 4),
    );
  };

  /** As undici's clients take it: TLS is verified, HTTP/1.1 is spoken, and the peer is looked at once more when it is there. */
  connector({ connectTimeoutMs, tls = {}, onread }: ConnectorOptions): buildConnector.connector {
    const ca = this.trusted === undefined ? {} : { ca: this.trusted };
    const connect = buildConnector({
      ...ca, ...tls, ...(onread === undefined ? {} : { onread }), lookup: this.lookup, timeout: connectTimeoutMs, allowH2: false, autoSelectFamily: true, rejectUnauthorized: true,
    } as buildConnector.BuildOptions) as (...args: Parameters<buildConnector.connector>) => Socket;
    return (options, callback) => {
      try {
        const { hostname, port, protocol } = options;
        this.policy.host(hostname);
        this.policy.port(Number(port) || (protocol === 'https:' ? 443 : 80));
        const socket = connect({ ...options, hostname: literalOf(hostname) ?? hostname }, callback);
        this.watch(socket);
      } catch (error) {
        callback(error as Error, null);
      }
    };
  }

  /** A plain connection for a protocol that does its own TLS. Rejects with EgressRefusedError or the error of the connection. */
  connect(host: string, port: number, timeoutMs: number): Promise<Socket> {
    return new Promise((resolve, reject) => {
      this.policy.host(host);
      const socket = connectTcp({ host: literalOf(host) ?? host, port, lookup: this.lookup, autoSelectFamily: true });
      this.watch(socket);
      const timer = setTimeout(() => socket.destroy(Object.assign(new Error(`no connection within ${timeoutMs} ms`), { code: 'ETIMEDOUT' })), timeoutMs);
      socket.once('error', reject).once('close', () => clearTimeout(timer)).once('connect', () => {
        clearTimeout(timer);
        socket.off('error', reject);
        if (!socket.destroyed) resolve(socket);
      });
    });
  }

  /** Roots that TLS of such a protocol trusts; undefined for those of Node alone. */
  get trusted(): readonly string[] | undefined {
    return this.roots.length === 0 ? undefined : [...rootCertificates, ...this.roots];
  }

  /** Destroys a socket whose peer is not allowed as soon as it is connected, before a byte is written. */
  watch(socket: Socket): void {
    socket.prependOnceListener('connect', () => {
      try {
        this.policy.address(socket.remoteAddress ?? '');
      } catch (error) {
        socket.destroy(refusalIn(error) ?? new Error('The peer of a connection has no address.'));
      }
    });
  }
}
