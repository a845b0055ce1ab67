import type { Database } from '@waybill/database';

/** Ids that Stripe gave to our meters and prices; each is learnt once. */
export class StripeCatalogueStore {
  constructor(private readonly database: Database) {}

  async meters(): Promise<ReadonlyMap<string, string>> {
    const rows = await this.database.asSystem((tx) => tx.stripeMeter.findMany());
    return new Map(rows.map(({ eventName, meterId }) => [eventName, meterId]));
  }

  async addMeter(eventName: string, meterId: string): Promise<void> {
    await this.database.asSystem((tx) => tx.stripeMeter.createMany({ data: { eventName, meterId }, skipDuplicates: true }));
  }

  /** By dimension. */
  async prices(priceBookId: string): Promise<ReadonlyMap<string, string>> {
    const rows = await this.database.asSystem((tx) => tx.stripePrice.findMany({ where: { priceBookId } }));
    return new Map(rows.map(({ dimension, priceId }) => [dimension, priceId]));
  }

  /** Dimension of each price of every book: a draft may still bill the book before. */
  async dimensions(): Promise<ReadonlyMap<string, string>> {
    const rows = await this.database.asSystem((tx) => tx.stripePrice.findMany({ select: { priceId: true, dimension: true } }));
    return new Map(rows.map(({ priceId, dimension }) => [priceId, dimension]));
  }

  async addPrice(priceBookId: string, dimension: string, priceId: string): Promise<void> {
    await this.database.asSystem((tx) => tx.stripePrice.createMany({ data: { priceBookId, dimension, priceId }, skipDuplicates: true }));
  }
}
