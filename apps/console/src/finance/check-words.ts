import type { getVariance, Reply } from '@waybill/contracts';

type Cause = Reply<typeof getVariance>['items'][number]['cause'];

/** Why two counts differ, for people who do not read code. */
export const causeWords: Readonly<Record<Cause, string>> = {
  ledger_changed: 'the ledger is not the sum of its entries',
  lost_counter: 'counted again, there are units that the ledger has not',
  lost_log: 'the ledger has units that are not there when it is counted again',
  not_sent: 'not written down for Stripe yet',
  waiting: 'on its way to Stripe',
  parked: 'refused by Stripe',
  too_old: 'too old to be sent',
  stripe_lag: 'taken by Stripe, not in its sum yet',
  overwritten: 'confirmed once, another sum now',
  late: 'booked late, billed as an adjustment',
  invoice: 'our invoice has another quantity',
  stripe_invoice: "Stripe's invoice has another quantity",
  price: 'the same quantity at another price',
  preview: "every hour is confirmed, and Stripe's preview has another quantity",
  currency: "Stripe's preview is in another currency",
  period: "Stripe's preview is of another month",
  foreign_line: "lines in Stripe's preview that are not ours",
  stripe_credit: 'Stripe would burn credit that we did not grant',
  customer_deleted: 'the customer was deleted at Stripe',
  no_subscription: 'Stripe has no living subscription',
};

export const ownerWords = { worker: 'settles itself', finance: 'for finance', stripe: 'waits for Stripe', nobody: 'nothing to do' } as const;

interface AlertWords {
  readonly title: string;
  /** What a person does about it. */
  readonly todo: string;
}

const alerts: Readonly<Record<string, AlertWords>> = {
  meter_push_parked: { title: 'Usage was refused', todo: 'Remove the cause, then send it again.' },
  meter_push_unconfirmed: { title: 'Usage is not confirmed', todo: 'Stripe has not summed it for six hours. It is sent again by itself; look at their status page.' },
  meter_push_too_old: { title: 'Usage is too old to be sent', todo: 'Book it as an adjustment, or write it off.' },
  invoice_close_failed: { title: 'A month could not be computed', todo: 'There is no invoice of it. The reason is in the details; it is tried again by itself.' },
  usage_batch_parked: { title: 'Usage could not be booked', todo: 'It is kept and on no invoice yet. Update the worker or remove the cause, then try it again, or drop it.' },
  usage_batch_lost: { title: 'Counted usage is gone', todo: 'Adjust the usage by what the message log has (see Variance), then close it.' },
  push_attempts_parked: { title: 'Attempts are not understood', todo: 'They are kept and not to be seen yet. Update the worker: at its start it reads them again.' },
  stripe_customer_deleted: { title: 'The Stripe customer was deleted', todo: 'Decide what becomes of the open usage.' },
  stripe_invoice_differs: { title: 'The Stripe invoice differs', todo: 'It stays a draft. Compare the lines.' },
  stripe_preview_differs: { title: "Stripe's preview differs", todo: 'See Variance of the running month: it would be a wrong invoice at its end.' },
  stripe_invoice_unexpected: { title: 'An unexpected Stripe invoice', todo: 'Compare it with ours; void it at Stripe if it is wrong.' },
  stripe_credit_differs: { title: 'Credit was applied differently', todo: 'Correct the difference with a credit note.' },
  stripe_credit_note_parked: { title: 'A credit note was refused', todo: 'Make it in the Stripe dashboard.' },
  stripe_refund_failed: { title: 'A refund did not arrive', todo: 'It is credit of the tenant now; transfer it by bank if they want money.' },
  stripe_subscription_differs: { title: 'Two subscriptions', todo: 'Cancel one of them at Stripe.' },
  export_failed: { title: 'A scheduled export failed', todo: 'See Exports: the run says why. It goes away with the next run that succeeds.' },
  tenant_deletion_announced: { title: 'A tenant will be deleted', todo: 'Collect what is owed, hold it under Deletions, or let it happen.' },
  tenant_deletion_due: { title: 'A deletion waits for a person', todo: 'Its day has come, and it is held or a notice could not be sent. See Deletions.' },
  tenant_deletion_failed: { title: 'A deletion does not get on', todo: 'It is tried again every minute. Its reason is in the details.' },
  webhook_refused: { title: 'A webhook was not signed', todo: 'Check the signing secret, or somebody is trying.' },
  webhook_parked: { title: 'A webhook could not be worked on', todo: 'Its reason is in the details.' },
};

export function alertWords(code: string): AlertWords {
  return alerts[code] ?? { title: code, todo: '' };
}
