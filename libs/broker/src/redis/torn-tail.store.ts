import type { Logger } from '@waybill/kernel';
import type { Redis } from 'ioredis';

/** string: run id of the server whose file was rewritten. Belongs to no slot. */
export const rewrittenKey = 'waybill:file-rewritten';

/**
 * Rewrites the append-only file once after every start of the server. A crash can cut off the effects of a script in the
 * middle of their transaction. Redis 7.0 skips that torn tail when it starts, but leaves it in the file: what is written
 * later stands behind it, and the start after the next carries the half out, a message without its count
 * (docs/adr/0020-torn-tail.md). A server that forbids the command is said so once per start.
 */
export function rewriteAfterRestart(redis: Redis, logger: Logger): void {
  const rewrite = async (): Promise<void> => {
    const runId = /run_id:(\w+)/.exec(await redis.info('server'))?.[1] ?? '';
    if ((await redis.get(rewrittenKey)) === runId) return;
    await redis.bgrewriteaof().catch((error: unknown) => {
      // One that runs now began after the start: it will do.
      if (!(error instanceof Error && error.message.includes('already in progress'))) throw error;
    });
    await redis.set(rewrittenKey, runId);
    logger.info('store.file_rewritten', { runId });
  };
  const onReady = (): void => {
    rewrite().catch((error: unknown) => logger.warn('store.file_not_rewritten', { error: error instanceof Error ? error : new Error(String(error)) }));
  };
  redis.on('ready', onReady);
  if (redis.status === 'ready') onReady();
}
