import type { Database, Transaction } from '@waybill/database';
import type { Caller, PriceBookId, TenantId } from '@waybill/kernel';
import { WaybillError } from '@waybill/kernel';
import type { Price, PriceKind } from '../rating/price.js';
import { checkPriceBook } from './price-book.js';
import type { BillingModel, PriceBook, Terms } from './price-book.js';

interface WrittenTier { readonly upTo: string | null; readonly unitE12: string; readonly flatE12: string }
type WrittenTerms = Readonly<Record<keyof Terms, string>>;

/** Price books in PostgreSQL. What is published never changes, so what was read once is kept. */
export class PriceBookStore {
  readonly #read = new Map<string, PriceBook>();

  constructor(private readonly database: Database) {}

  /**
   * Publishes a book; publishing the same again changes nothing. Fails with `price_book_published` when another content
   * has this name and version, and with the faults of `checkPriceBook`.
   */
  async publish(book: PriceBook, nowMs: number): Promise<void> {
    checkPriceBook(book);
    const found = await this.database.asSystem(async (tx) => {
      const made = await tx.priceBook.createMany({
        data: [{ id: book.id, tenantId: book.tenantId, name: book.name, version: book.version, currency: book.currency, model: book.model, terms: writeTerms(book.terms) }],
        skipDuplicates: true,
      });
      if (made.count === 1) {
        await tx.price.createMany({ data: book.prices.map(({ dimension, cause, kind, tiers }) => ({ priceBookId: book.id, dimension, cause, kind, tiers: tiers.map(writeTier) })) });
        await tx.priceBook.update({ where: { id: book.id }, data: { publishedAt: new Date(nowMs) } });
      }
      return readBook(tx, { name: book.name, version: book.version });
    });
    if (found === null || fingerprint(found) !== fingerprint(book)) throw new WaybillError('price_book_published');
  }

  /** Fails with `price_book_not_found`: absent, not published, or another tenant's. */
  async open(caller: Caller, id: string): Promise<PriceBook> {
    const known = this.#read.get(id);
    const book = known ?? (await this.database.withTenant(caller.tenantId, (tx) => readBook(tx, { id })));
    if (book === null || (book.tenantId !== null && book.tenantId !== caller.tenantId)) throw new WaybillError('price_book_not_found');
    this.#read.set(id, book);
    return book;
  }

  /** The version for everyone that was newest at a moment; the first one for a moment before it. Fails with `price_book_not_found`. */
  async asOf(name: string, atMs: number): Promise<PriceBook> {
    const book = await this.database.asSystem(async (tx) => {
      const versions = await tx.priceBook.findMany({ where: { name, tenantId: null, publishedAt: { not: null } }, orderBy: { version: 'asc' }, select: { id: true, publishedAt: true } });
      const row = versions.findLast(({ publishedAt }) => publishedAt!.getTime() <= atMs) ?? versions[0];
      return row === undefined ? null : (this.#read.get(row.id) ?? readBook(tx, { id: row.id }));
    });
    if (book === null) throw new WaybillError('price_book_not_found');
    this.#read.set(book.id, book);
    return book;
  }

  /** Newest published version for everyone. Fails with `price_book_not_found`. */
  async newest(name: string): Promise<PriceBook> {
    const book = await this.database.asSystem(async (tx) => {
      const row = await tx.priceBook.findFirst({ where: { name, tenantId: null, publishedAt: { not: null } }, orderBy: { version: 'desc' }, select: { id: true } });
      return row && readBook(tx, { id: row.id });
    });
    if (book === null) throw new WaybillError('price_book_not_found');
    return book;
  }
}

async function readBook(tx: Transaction, where: { id: string } | { name: string; version: number }): Promise<PriceBook | null> {
  const row = await tx.priceBook.findFirst({ where: { ...where, publishedAt: { not: null } }, include: { prices: true } });
  if (row === null) return null;
  const terms = row.terms as unknown as WrittenTerms;
  return {
    id: row.id as PriceBookId, tenantId: row.tenantId as TenantId | null, name: row.name, version: row.version, currency: row.currency, model: row.model as BillingModel,
    terms: { baseFeeCents: BigInt(terms.baseFeeCents), minimumCents: BigInt(terms.minimumCents), includedCreditCents: BigInt(terms.includedCreditCents) },
    prices: row.prices.map(({ dimension, cause, kind, tiers }): Price => ({ dimension, cause, kind: kind as PriceKind, tiers: (tiers as unknown as WrittenTier[]).map(readTier) })),
  };
}

const writeTerms = ({ baseFeeCents, minimumCents, includedCreditCents }: Terms): WrittenTerms => ({
  baseFeeCents: String(baseFeeCents), minimumCents: String(minimumCents), includedCreditCents: String(includedCreditCents),
});
const writeTier = ({ upTo, unitE12, flatE12 }: Price['tiers'][number]) => ({ upTo: upTo === null ? null : String(upTo), unitE12: String(unitE12), flatE12: String(flatE12) });
const readTier = ({ upTo, unitE12, flatE12 }: WrittenTier) => ({ upTo: upTo === null ? null : BigInt(upTo), unitE12: BigInt(unitE12), flatE12: BigInt(flatE12) });

/** What two books must have in common to be the same. */
function fingerprint({ id, currency, model, terms, prices }: PriceBook): string {
  const lines = prices.map(({ dimension, cause, kind, tiers }) => `${dimension} ${cause} ${kind} ${JSON.stringify(tiers.map(writeTier))}`).sort();
  return JSON.stringify([id, currency, model, writeTerms(terms), lines]);
}
