import { csvOf } from '../documents/csv.js';
import type { Write } from '../exports/spool.js';
import type { Period } from '../invoices/period.js';
import { formatAmount } from '../money/amount.js';
import { sharesOf } from '../money/shares.js';
import type { JournalFacts, JournalStore } from './journal.store.js';

export interface JournalLine {
  readonly day: string;
  readonly document: string;
  readonly tenantId: string;
  readonly account: string;
  readonly debitCents: bigint;
  readonly creditCents: bigint;
  readonly currency: string;
}

const receivable = '1200 Receivables';
const bank = '1000 Bank';
/** Credited to be paid back, until it is. */
const refundsPayable = '2300 Refunds payable';
const liability = '2400 Customer credit';
/** Owed to tax offices, until it is paid to them. */
const taxPayable = '2200 Tax payable';
const revenue = (account: string) => `4000 Revenue ${account}`;
/** Credit that was paid for is owed; credit that was given costs. */
const against = (source: string) => (source === 'purchased' || source === 'top_up' ? bank : '6000 Credit given');

/** Double entry of what happened: the lines of every document add up to nothing. */
export function journalOf(facts: JournalFacts): JournalLine[] {
  const lines: JournalLine[] = [];
  const book = (fact: { number: string; tenantId: string; currency: string; at: Date }, account: string, debitCents: bigint) => {
    if (debitCents === 0n) return;
    const { number: document, tenantId, currency, at } = fact;
    // A negative amount changes its side.
    lines.push({ day: at.toISOString().slice(0, 10), document, tenantId, account, currency, debitCents: debitCents > 0n ? debitCents : 0n, creditCents: debitCents < 0n ? -debitCents : 0n });
  };
  const taxes = new Map(facts.taxes.map((tax) => [tax.number, tax]));
  for (const [number, ofInvoice] of Map.groupBy(facts.invoices, ({ number }) => number)) {
    const tax = taxes.get(number);
    const [addedCents, includedCents] = [tax?.amountCents ?? 0n, tax?.includedCents ?? 0n];
    book(ofInvoice[0]!, receivable, ofInvoice.reduce((sum, { amountCents }) => sum + amountCents, 0n) + addedCents);
    const net = netOf(ofInvoice, includedCents);
    ofInvoice.forEach((line, i) => book(line, line.isCredit ? liability : revenue(line.account), -net[i]!));
    book(ofInvoice[0]!, taxPayable, -addedCents - includedCents);
  }
  for (const payment of facts.payments) {
    book(payment, bank, payment.amountCents);
    book(payment, receivable, -payment.amountCents);
  }
  for (const note of facts.creditNotes) {
    book(note, revenue(note.account), note.amountCents - note.includedCents);
    book(note, taxPayable, note.taxCents + note.includedCents);
    book(note, note.isRefunded ? refundsPayable : receivable, note.grantedCents - note.amountCents - note.taxCents);
    book(note, liability, -note.grantedCents);
  }
  for (const refund of facts.refunds) {
    book(refund, refundsPayable, refund.amountCents);
    book(refund, bank, -refund.amountCents);
  }
  for (const refund of facts.failedRefunds) {
    book(refund, refund.wasPaid ? bank : refundsPayable, refund.amountCents);
    // It becomes credit before tax, and the tax of what that pays is lower by as much: what the note took back is owed again.
    book(refund, liability, refund.taxCents - refund.amountCents);
    book(refund, taxPayable, -refund.taxCents);
  }
  for (const grant of facts.grants) {
    book(grant, against(grant.source), grant.amountCents + grant.taxCents);
    book(grant, liability, -grant.amountCents);
    book(grant, taxPayable, -grant.taxCents);
  }
  for (const ending of facts.endings) {
    book(ending, liability, ending.amountCents);
    book(ending, ending.source === 'purchased' || ending.source === 'top_up' ? revenue('expired credit') : against(ending.source), -ending.amountCents);
  }
  return lines;
}

/** Amounts of an invoice's lines without the tax that is in them: it is shared out over its revenue, and adds up to the cent. */
function netOf(lines: JournalFacts['invoices'], includedCents: bigint): bigint[] {
  const shares = sharesOf(includedCents, lines.map(({ isCredit, amountCents }) => (isCredit || amountCents < 0n ? 0n : amountCents)));
  return lines.map(({ amountCents }, i) => amountCents - shares[i]!);
}

/** The journal of a month as CSV, a page at a time: the lines of every document, and so those of the file, add up to nothing. */
export async function writeJournal(store: Pick<JournalStore, 'pages'>, period: Period, write: Write): Promise<void> {
  const amount = (cents: bigint, currency: string) => (cents === 0n ? null : formatAmount(cents, currency));
  await write(csvOf([['day', 'document', 'tenant', 'account', 'debit', 'credit', 'currency']]));
  await store.pages(period, (facts) =>
    write(csvOf(journalOf(facts).map(({ day, document, tenantId, account, debitCents, creditCents, currency }) => [day, document, tenantId, account, amount(debitCents, currency), amount(creditCents, currency), currency]))),
  );
}
