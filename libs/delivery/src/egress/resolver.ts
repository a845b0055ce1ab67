import { Resolver } from 'node:dns/promises';

/** Every address of a name. Rejects with an Error whose `code` is that of node:dns. */
export interface HostResolver {
  resolve(host: string): Promise<readonly string[]>;
}

const timeoutMs = 3_000;
const tries = 2;

/**
 * Asks the name servers of the machine, without the thread pool that `dns.lookup` shares with everything else: a name
 * server of one customer that does not answer holds up nobody. `/etc/hosts` is not read, except that `localhost` is known.
 */
export class NameServers implements HostResolver {
  readonly #resolver = new Resolver({ timeout: timeoutMs, tries });

  async resolve(host: string): Promise<readonly string[]> {
    if (host === 'localhost') return ['127.0.0.1', '::1'];
    const [four, six] = await Promise.allSettled([this.#resolver.resolve4(host), this.#resolver.resolve6(host)]);
    const found = [four, six].flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    if (found.length > 0) return found;
    throw four.status === 'rejected' ? (four.reason as Error) : Object.assign(new Error(`${host} has no address`), { code: 'ENODATA' });
  }
}
