import type { Logger, NamespaceId } from '@waybill/kernel';

/** Namespaces worked on at the same time by one job. */
export const namespacesAtOnce = 16;

/**
 * Does `work` for every namespace, a few at once. One that fails is logged and counted and holds up no other.
 * Returns the number that failed.
 */
export async function eachNamespace(
  job: string,
  namespaces: readonly NamespaceId[],
  logger: Logger,
  work: (namespaceId: NamespaceId) => Promise<void>,
): Promise<number> {
  let failed = 0;
  const waiting = namespaces.values();
  const lane = async (): Promise<void> => {
    // All lanes take from one iterator.
    for (const namespaceId of waiting) {
      try {
        await work(namespaceId);
      } catch (error) {
        failed += 1;
        logger.error('namespace.job_failed', { job, namespaceId, error: error instanceof Error ? error : new Error(String(error)) });
      }
    }
  };
  await Promise.all(Array.from({ length: namespacesAtOnce }, lane));
  return failed;
}
