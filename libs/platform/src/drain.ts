import type { Logger } from '@waybill/kernel';

/** How long requests under way may take to end after the signal; then their connections are cut. */
const drainLimitMs = 25_000;

/**
 * On SIGTERM or SIGINT: close, then leave. A second signal leaves at once. Returns a function that takes the
 * handlers away again, so that a process may start and close services many times.
 */
export function drainOnSignals(logger: Logger, close: () => Promise<void>, cutConnections: () => void): () => void {
  let signalled = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (signalled) process.exit(1);
    signalled = true;
    logger.info('service.draining', { signal });
    setTimeout(cutConnections, drainLimitMs).unref();
    close().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error('service.drain_failed', { error: error instanceof Error ? error : new Error(String(error)) });
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  return () => {
    if (!signalled) process.off('SIGTERM', onSignal).off('SIGINT', onSignal);
  };
}
