import { keys, MessageLogStore } from '@waybill/broker';
import type { Redis } from '@waybill/broker';
import type { Logger, NamespaceId } from '@waybill/kernel';
import type { LiveLog, MessageLogReader, ResourceNames } from '@waybill/message-log';
import type { Config } from '@waybill/platform';

/** What reading the log needs of PostgreSQL. */
interface OpenLog {
  readonly reader: MessageLogReader;
  readonly names: ResourceNames;
  /** As `database_unavailable` when the error means that PostgreSQL was not reached. */
  translate(error: unknown): unknown;
  close(): Promise<void>;
}

const poolSize = 4;

/**
 * The message log as a gateway reads it. The gateway needs no PostgreSQL to move a message: the client is loaded and
 * connected when somebody looks into the log for the first time.
 */
export class MessageLog {
  #open: Promise<OpenLog> | undefined;

  constructor(
    private readonly config: Pick<Config, 'databaseUrl'>,
    private readonly redis: Redis,
    private readonly logger: Logger,
  ) {}

  /** Fails with `database_unavailable` when PostgreSQL cannot be reached. */
  async read<T>(work: (log: Pick<OpenLog, 'reader' | 'names'>) => Promise<T>): Promise<T> {
    const open = await (this.#open ??= this.#load());
    try {
      return await work(open);
    } catch (error) {
      throw open.translate(error);
    }
  }

  async close(): Promise<void> {
    await (await this.#open)?.close();
  }

  async #load(): Promise<OpenLog> {
    const [{ Database, databaseErrorOf }, log] = await Promise.all([import('@waybill/database'), import('@waybill/message-log')]);
    const database = new Database({ url: this.config.databaseUrl.reveal(), poolSize });
    return {
      reader: new log.MessageLogReader(new log.SegmentSearchStore(database), this.#live(), this.logger),
      names: new log.ResourceNames(database),
      translate: (error) => databaseErrorOf(error) ?? error,
      close: () => database.close(),
    };
  }

  #live(): LiveLog {
    const { redis } = this;
    const store = new MessageLogStore(redis);
    return {
      read: (ns, after, count) => store.read(ns, after, count),
      trim: (ns, through) => store.trim(ns, through),
      nowMs: async () => {
        const [seconds, micros] = await redis.time();
        return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
      },
      isOff: async (ns: NamespaceId) => (await redis.hget(keys.topology(ns), 'log')) === 'off',
    };
  }
}
