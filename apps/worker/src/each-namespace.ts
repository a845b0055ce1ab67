import type { Logger, NamespaceId } from '@waybill/kernel';

/** Namespaces worked on at the same time by one job. */
export const namespacesAtOnce = 16;

/** The same for items that name their namespace. */
export async function inLanes<T extends { readonly namespaceId: string }>(job: string, items: readonly T[], logger: Logger, work: (item: T) => Promise<void>): Promise<number> {
  const byId = new Map(items.map((item) => [item.namespaceId as NamespaceId, item]));
  return eachNamespace(job, [...byId.keys()], logger, (id) => work(byId.get(id)!));
}

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
