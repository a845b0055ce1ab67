import { csvOf } from '../documents/csv.js';
import { formatAmount } from '../money/amount.js';
import type { JournalFacts } from './report.store.js';

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
const revenue = (account: string) => `4000 Revenue ${account}`;
/** Credit that was paid for is owed; credit that was given costs. */
const against = (source: string) => (source === 'purchased' || source === 'top_up' ? bank : '6000 Credit given');

/** Double entry of a month: the lines of every document add up to nothing. */
export function journalOf(facts: JournalFacts): JournalLine[] {
  const lines: JournalLine[] = [];
  const book = (fact: { number: string; tenantId: string; currency: string; at: Date }, account: string, debitCents: bigint) => {
    if (debitCents === 0n) return;
    const { number: document, tenantId, currency, at } = fact;
    // A negative amount changes its side.
    lines.push({ day: at.toISOString().slice(0, 10), document, tenantId, account, currency, debitCents: debitCents > 0n ? debitCents : 0n, creditCents: debitCents < 0n ? -debitCents : 0n });
  };
  for (const [, ofInvoice] of Map.groupBy(facts.invoices, ({ number }) => number)) {
    book(ofInvoice[0]!, receivable, ofInvoice.reduce((sum, { amountCents }) => sum + amountCents, 0n));
    for (const line of ofInvoice) book(line, line.isCredit ? liability : revenue(line.account), -line.amountCents);
  }
  for (const payment of facts.payments) {
    book(payment, bank, payment.amountCents);
    book(payment, receivable, -payment.amountCents);
  }
  for (const note of facts.creditNotes) {
    book(note, revenue(note.account), note.amountCents);
    book(note, note.isRefunded ? refundsPayable : receivable, note.grantedCents - note.amountCents);
    book(note, liability, -note.grantedCents);
  }
  for (const refund of facts.refunds) {
    book(refund, refundsPayable, refund.amountCents);
    book(refund, bank, -refund.amountCents);
  }
  for (const refund of facts.failedRefunds) {
    book(refund, refund.wasPaid ? bank : refundsPayable, refund.amountCents);
    book(refund, liability, -refund.amountCents);
  }
  for (const grant of facts.grants) {
    book(grant, against(grant.source), grant.amountCents);
    book(grant, liability, -grant.amountCents);
  }
  for (const ending of facts.endings) {
    book(ending, liability, ending.amountCents);
    book(ending, ending.source === 'purchased' || ending.source === 'top_up' ? revenue('expired credit') : against(ending.source), -ending.amountCents);
  }
  return lines;
}

export function journalCsv(lines: readonly JournalLine[]): string {
  const amount = (cents: bigint, currency: string) => (cents === 0n ? null : formatAmount(cents, currency));
  return csvOf([
    ['day', 'document', 'tenant', 'account', 'debit', 'credit', 'currency'],
    ...lines.map(({ day, document, tenantId, account, debitCents, creditCents, currency }) => [day, document, tenantId, account, amount(debitCents, currency), amount(creditCents, currency), currency]),
  ]);
}
