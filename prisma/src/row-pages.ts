import type { Transaction } from './database.js';
import { Prisma } from './generated/client.js';

let opened = 0;

/** The rows of a query a page at a time, by a cursor of the transaction: as many are in memory as a page has, and the next page is read when it is asked for. */
export async function* rowPages<Row>(tx: Transaction, query: Prisma.Sql, rowsPerPage: number): AsyncGenerator<Row[]> {
  opened += 1;
  const cursor = `pages_${opened}`;
  await tx.$executeRaw(Prisma.sql`DECLARE ${Prisma.raw(cursor)} NO SCROLL CURSOR FOR ${query}`);
  for (;;) {
    const rows = await tx.$queryRawUnsafe<Row[]>(`FETCH FORWARD ${rowsPerPage} FROM ${cursor}`);
    if (rows.length > 0) yield rows;
    if (rows.length < rowsPerPage) break;
  }
  await tx.$executeRawUnsafe(`CLOSE ${cursor}`);
}
