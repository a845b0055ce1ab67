import type { TenantId } from '@waybill/kernel';

/** A tenant, or what is known of it. */
type Row = TenantId | { readonly tenantId: TenantId };

export interface EachTenant<T extends Row> {
  readonly perPage: number;
  /** By tenant id; `after` is the last one of the page before, '' at first. */
  read(after: string, limit: number): Promise<readonly T[]>;
  /** Takes note of one that failed. */
  failed(tenantId: TenantId, error: Error): void | Promise<void>;
}

const idOf = (row: Row): TenantId => (typeof row === 'string' ? row : row.tenantId);

/** Does `work` for one tenant after the other; memory holds a page of them. One that fails is told and holds up no other. */
export async function eachTenant<T extends Row>({ perPage, read, failed }: EachTenant<T>, work: (row: T) => Promise<void>): Promise<{ tenants: number; failed: number }> {
  const report = { tenants: 0, failed: 0 };
  for (let after: string | undefined = ''; after !== undefined; ) {
    const page: readonly T[] = await read(after, perPage);
    for (const row of page) {
      report.tenants += 1;
      try {
        await work(row);
      } catch (error) {
        report.failed += 1;
        await failed(idOf(row), error instanceof Error ? error : new Error(String(error)));
      }
    }
    const last = page.at(-1);
    after = page.length === perPage && last !== undefined ? idOf(last) : undefined;
  }
  return report;
}
