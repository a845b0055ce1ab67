import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { exactText, moneyText, parseE12, roundToCents } from './amounts.js';
import { readExport } from './export-file.js';
import type { InvoiceExport } from './export-file.js';
import { chargesOf, readPrice } from './price.js';
import type { PriceView } from './price.js';
import { computeInvoice } from './compute.js';
import { UsageSums } from './usage.js';
import { verifyInvoice } from './verify.js';

/** The golden invoice of the price list: 30 days, one namespace, two hours. Its sums and digests were computed by other means than this code. */
const text = readFileSync(path.resolve(import.meta.dirname, '../../test/golden-export.json'), 'utf8');
const golden = (): InvoiceExport => JSON.parse(text) as InvoiceExport;
/** As it comes from a disk or a pipe: torn anywhere. */
async function* torn(whole: string, bytes = 999): AsyncGenerator<Uint8Array> {
  const all = Buffer.from(whole);
  for (let at = 0; at < all.length; at += bytes) yield all.subarray(at, at + bytes);
}
const verify = (given: InvoiceExport) => verifyInvoice(torn(JSON.stringify(given)), 'export.json');
const found = async (given: InvoiceExport) => (await verify(given)).differences.map(({ where, what, invoice, computed }) => [where, what, invoice, computed]);
async function computed(given: InvoiceExport) {
  const usage = new UsageSums();
  const head = await readExport(torn(JSON.stringify(given)), 'export.json', { digest: () => undefined, row: (row) => usage.add(row) });
  return computeInvoice(head, usage);
}

describe('an invoice computed again', () => {
  it('has the lines 360, 95, 45, 260, 145, 135, 403, 0, 191 cents of the golden invoice, $16.34', async () => {
    const { lines, subtotalCents } = await computed(golden());
    expect(lines.map(({ amountCents }) => amountCents)).toEqual([360n, 95n, 45n, 260n, 145n, 135n, 403n, 0n, 191n]);
    expect(moneyText(subtotalCents, 'USD')).toBe('16.34 USD');
    expect(await verify(golden())).toMatchObject({ differences: [], computedLines: 9, statedLines: 0, taxCents: 0n, hours: 2, rows: 18 });
  });

  it('takes tax as it stands; the total must add up with what came on top, not with what is in the lines', async () => {
    const given = golden();
    const tax = { name: 'VAT', jurisdiction: 'DE', percent: '19', inclusive: false, reason: 'standard_rated', taxableCents: '1634', amountCents: '310' };
    Object.assign(given.invoice, { taxes: [tax, { ...tax, inclusive: true, amountCents: '5' }], taxCents: '310', totalCents: '1944', billedTo: null });
    expect(await verify(given)).toMatchObject({ differences: [], taxCents: 315n });
    Object.assign(given.invoice, { taxCents: '311', totalCents: '1945' });
    expect((await verify(given)).differences).toEqual([
      { where: 'tax', what: 'sum', invoice: '3.11 USD', computed: '3.10 USD' }, { where: 'total', what: 'amount', invoice: '19.45 USD', computed: '19.44 USD' },
    ]);
  });

  it('has no line of a meter at no price, however much was counted; an invoice that has one still agrees', async () => {
    const given = golden();
    given.rows.unshift({ ...given.rows.find(({ dimension }) => dimension === 'mq_messages')!, dimension: 'mq_message_units' });
    const lines = async () => (await computed(given)).lines.map(({ key, amountCents }) => [key, amountCents]);
    expect(await lines()).toEqual((await computed(golden())).lines.map(({ key, amountCents }) => [key, amountCents]));
    given.invoice.lines.push({ ...given.invoice.lines[0]!, dimension: 'mq_message_units' });
    expect((await lines()).at(-1)).toEqual(['usage mq_message_units ', 0n]);
  });

  it('finds one row that is larger by one unit, though the cents are the same', async () => {
    const given = golden();
    const row = given.rows.find(({ dimension }) => dimension === 'mq_messages')!;
    row.quantity = String(BigInt(row.quantity!) + 1n);
    expect(await found(given)).toEqual([
      ['Messages accepted', 'amount', '3.60 USD', '3.60 USD'], ['Messages accepted', 'exact amount, minor units', '360', '360.00004'], ['Messages accepted', 'quantity', '10000000', '10000001'],
      ['Messages accepted', 'billed quantity', '9000000', '9000001'], ['Messages accepted', 'tiers', expect.any(String), expect.any(String)], ['Messages accepted', 'evidence', expect.any(String), expect.any(String)],
      ['ns_1 2026-11-10T10:00:00.000Z', 'digest', given.digests[0]!.sha256, expect.stringMatching(/^[0-9a-f]{64}$/)],
    ]);
  });

  it('finds a unit moved from one queue to another, though every sum is the same', async () => {
    const given = golden();
    const row = given.rows.find(({ dimension }) => dimension === 'mq_queue_passes')!;
    row.quantity = String(BigInt(row.quantity!) - 1n);
    given.rows.splice(given.rows.indexOf(row), 0, { ...row, resourceId: 'q_other', quantity: '1' });
    expect((await found(given)).map(([where, what]) => `${where}: ${what}`)).toEqual(['Queues reached: amount', 'Queues reached: evidence', 'ns_1 2026-11-10T10:00:00.000Z: digest']);
  });

  it('finds a changed price, and what it makes of the total', async () => {
    const given = golden();
    given.priceBook.prices.find(({ dimension }) => dimension === 'mq_queue_minutes')!.tiers[1]!.unitPrice = '0.002';
    expect((await found(given)).filter(([, what]) => what === 'amount')).toEqual([['Queues kept', 'amount', '4.03 USD', '8.06 USD'], ['subtotal', 'amount', '16.34 USD', '20.37 USD'], ['total', 'amount', '16.34 USD', '20.37 USD']]);
  });

  it('finds a changed amount, alone and with a total that fits it', async () => {
    const given = golden();
    given.invoice.lines[0]!.amountCents = '361';
    expect(await found(given)).toEqual([['Messages accepted', 'amount', '3.61 USD', '3.60 USD']]);
    Object.assign(given.invoice, { subtotalCents: '1635', totalCents: '1635' });
    expect((await found(given)).slice(1)).toEqual([['subtotal', 'amount', '16.35 USD', '16.34 USD'], ['total', 'amount', '16.35 USD', '16.34 USD']]);
  });

  it('finds a line left out, a line twice, a row outside of the month, an hour without digest and other prices', async () => {
    const left = golden();
    left.invoice.lines.pop();
    expect(await found(left)).toEqual([['mq_archive_mib_hours', 'amount', 'no such line', '1.91 USD']]);
    const twice = golden();
    twice.invoice.lines.push(twice.invoice.lines[1]!);
    expect(await found(twice)).toEqual([['Data in', 'amount', '0.95 USD', 'no such line']]);
    const late = golden();
    late.rows.push({ ...late.rows[0]!, dimension: 'mq_unroutable', hour: '2026-12-01T00:00:00.000Z' });
    expect(await found(late)).toEqual([['rows', 'period', '2026-11', '2026-12-01T00:00:00.000Z'], ['ns_1 2026-12-01T00:00:00.000Z', 'digest', 'none', expect.any(String)]]);
    const other = golden();
    other.priceBook.version = 2;
    expect(await found(other)).toEqual([['prices', 'version', '1', '2']]);
  });

  it('takes included credit off usage, not off the fee, and fills up to the minimum', async () => {
    const given = golden();
    Object.assign(given.priceBook, { baseFeeCents: '4900', includedCreditCents: '4900' });
    const amounts = async () => (await computed(given)).lines.filter(({ usage }) => usage === undefined).map(({ key, amountCents }) => [key, amountCents]);
    expect([await amounts(), (await computed(given)).subtotalCents]).toEqual([[['base', 4_900n], ['included_credit', -1_634n]], 4_900n]);
    given.priceBook.includedCreditCents = '1000';
    given.priceBook.minimumCents = '10000';
    expect([await amounts(), (await computed(given)).subtotalCents]).toEqual([[['base', 4_900n], ['included_credit', -1_000n], ['minimum', 4_466n]], 10_000n]);
  });

  it('takes credit as it is stated, as long as it pays usage and no more', async () => {
    const given = golden();
    const pay = (cents: string) => {
      given.invoice.lines.splice(9, 1, { ...given.invoice.lines[0]!, kind: 'credit', dimension: null, description: 'Credit: welcome', amountE12: `-${cents}000000000000`, amountCents: `-${cents}` });
      Object.assign(given.invoice, { creditCents: cents, totalCents: String(1634 - Number(cents)) });
    };
    pay('500');
    expect(await verify(given)).toMatchObject({ differences: [], statedLines: 1 });
    pay('1635');
    expect(await found(given)).toEqual([['credit', 'amount', '16.35 USD', '0 to 16.34 USD']]);
  });

  it('is the same whatever the order of the members, the white space and the pieces it comes in', async () => {
    const { format, invoice, priceBook, digests, rows } = golden();
    const whole = JSON.stringify({ rows, priceBook, invoice, digests, format }, null, 3);
    for (const bytes of [1, 7, 64, 1_000_000]) expect(await verifyInvoice(torn(whole, bytes), 'export.json')).toMatchObject({ differences: [], computedLines: 9, hours: 2, rows: 18 });
  });
});

describe('the arithmetic', () => {
  const price = (kind: PriceView['kind'], tiers: PriceView['tiers']) => readPrice({ dimension: 'mq_messages', description: '', unit: '', cause: null, kind, tiers });
  const tiers = [{ upTo: '10', unitPrice: '0', flatPrice: '0' }, { upTo: '20', unitPrice: '3', flatPrice: '5' }, { upTo: null, unitPrice: '0.5', flatPrice: '0' }];
  const cost = (of: ReturnType<typeof price>, quantity: bigint) => exactText(chargesOf(of, quantity).reduce((sum, { amountE12 }) => sum + amountE12, 0n));

  it.each([[0n, '0', '0'], [10n, '0', '0'], [11n, '8', '38'], [20n, '35', '65'], [21n, '35.5', '10.5']])('prices %s units by graduated tiers at %s and by volume at %s', (quantity, graduated, volume) => {
    expect([cost(price('graduated', tiers), quantity), cost(price('volume', tiers), quantity)]).toEqual([graduated, volume]);
  });

  it('prices a flat price once for any use', async () => {
    const flat = price('flat', [{ upTo: null, unitPrice: '0', flatPrice: '7' }]);
    expect([cost(flat, 0n), cost(flat, 1_000n)]).toEqual(['7', '7']);
  });

  it('rounds half a cent up, and half a cent taken back down', () => {
    expect(['0.499999999999', '0.5', '1.5', '2.5'].map((cents) => roundToCents(parseE12(cents)!))).toEqual([0n, 1n, 2n, 3n]);
    expect([roundToCents(-parseE12('1.5')!), moneyText(-5n, 'USD'), moneyText(5n, 'JPY')]).toEqual([-2n, '-0.05 USD', '5 JPY']);
  });
});

describe('an export that is none', () => {
  const damaged = (change: (given: InvoiceExport) => void) => {
    const given = golden();
    change(given);
    return () => verify(given);
  };

  it.each<[string, () => Promise<unknown>, string]>([
    ['no JSON', () => verifyInvoice(torn('{'), 'export.json'), 'export.json: this is no JSON.'],
    ['something else', () => verifyInvoice(torn('{}'), 'export.json'), 'export.json is no export of an invoice'],
    ['rows of one hour in two places', damaged(({ rows }) => rows.push({ ...rows[0]!, resourceId: 'q_other' })), 'the rows of ns_1 2026-11-10T10:00:00.000Z are not together'],
    ['a row that is none', damaged(({ rows }) => Object.assign(rows[3]!, { cause: 7 })), 'at cause of rows[3]'],
    ['a quantity that is no integer', damaged(({ rows }) => (rows[0]!.quantity = '1.5')), 'is "1.5", which is no integer'],
    ['a quantity below 0', damaged(({ rows }) => (rows[0]!.quantity = '-1')), 'below 0'],
    ['a dimension without a price', damaged(({ rows }) => (rows[0]!.dimension = 'mq_gold')), 'there is usage of mq_gold (publish), and no price of it'],
    ['a price that is no number', damaged(({ priceBook }) => (priceBook.prices[0]!.tiers[1]!.unitPrice = '4e-5')), '"4e-5", which is no price'],
    ['tiers with a gap', damaged(({ priceBook }) => void priceBook.prices[0]!.tiers.pop()), 'leave a gap or overlap'],
    ['an unknown currency', damaged(({ invoice }) => (invoice.currency = 'gold')), '"gold" is no currency'],
  ])('is refused with a sentence: %s', async (_what, attempt, sentence) => {
    await expect(attempt()).rejects.toEqual(expect.objectContaining({ name: 'UsageError', message: expect.stringContaining(sentence) }));
  });
});
