import pg from 'pg';
import type { Installation } from './installation.js';
import type { Scope } from './scope.js';

const sampleMs = 100;

/** How much of the message log waits in Redis for the worker. */
export interface Lag {
  readonly entries: number;
  readonly bytes: number;
}

/** Looks at the message log of a namespace from both ends: the stream in Redis and the segments in PostgreSQL. */
export class LogWatch {
  private constructor(
    private readonly installation: Installation,
    private readonly database: pg.Client,
    private readonly namespaceId: string,
  ) {}

  static async open(scope: Scope, installation: Installation, namespaceId: string): Promise<LogWatch> {
    const database = new pg.Client({ connectionString: installation.stack.databaseUrl });
    await database.connect();
    scope.defer(() => database.end());
    return new LogWatch(installation, database, namespaceId);
  }

  /** Runs `work` and answers with the largest lag seen meanwhile. */
  async during<T>(work: () => Promise<T>): Promise<{ result: T; most: Lag }> {
    const most = { entries: 0, bytes: 0 };
    let looking = Promise.resolve();
    const timer = setInterval(() => {
      looking = looking.then(async () => {
        const { entries, bytes } = await this.#lag();
        most.entries = Math.max(most.entries, entries);
        most.bytes = Math.max(most.bytes, bytes);
      });
    }, sampleMs);
    try {
      const result = await work();
      await looking;
      return { result, most };
    } finally {
      clearInterval(timer);
    }
  }

  /** Events of this namespace that are in PostgreSQL. */
  async loggedEvents(): Promise<number> {
    const { rows } = await this.database.query<{ events: string | null }>('select sum(events) as events from message_log_segments where namespace_id = $1', [this.namespaceId]);
    return Number(rows[0]?.events ?? 0);
  }

  async #lag(): Promise<Lag> {
    const { redis } = this.installation;
    const stream = `{${this.namespaceId}}:log`;
    const [entries, bytes] = await Promise.all([redis.xlen(stream), redis.get(`${stream}:bytes`)]);
    return { entries, bytes: Number(bytes ?? 0) };
  }
}
