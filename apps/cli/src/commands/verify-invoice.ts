import { createReadStream } from 'node:fs';
import type { AddCommands } from '../context.js';
import { Ended, exitCodes } from '../failure.js';
import { moneyText } from '../invoice/amounts.js';
import type { CountsCompared } from '../invoice/second-counts.js';
import { verifyInvoice } from '../invoice/verify.js';
import { notesOf } from '../invoice/words.js';

/** verify-invoice. */
export const verifyInvoiceCommands: AddCommands = (program, run) => {
  program
    .command('verify-invoice')
    .description('compute an invoice again from its export, and tell each line that differs; calls nobody')
    .argument('<file>', 'what GET /api/v1/billing/invoices/{id}/export answered; - for the standard input')
    .action(
      run(async (context, file: string) => {
        const pieces = file === '-' ? context.terminal.input() : createReadStream(file);
        const verification = await verifyInvoice(pieces, file === '-' ? 'The standard input' : file);
        const { invoice, differences, rows, computedLines, statedLines, hours, secondCounts } = verification;
        const { id, number, period, currency, totalCents } = invoice;
        const name = number ?? id;
        if (context.out.asJson) context.out.show({ equal: differences.length === 0, invoice: id, number, period, currency, totalCents, rows, hours, computedLines, statedLines, secondCount: secondCounts && countsView(secondCounts), differences }, '');
        else if (differences.length === 0) context.out.show(undefined, `equal: ${name} of ${period}, ${moneyText(BigInt(totalCents), currency)}; ${computedLines} lines from ${rows} rows, ${hours} hours.`);
        else {
          await context.out.list(differences, { where: ({ where }) => where, what: ({ what }) => what, invoice: ({ invoice }) => invoice, computed: ({ computed }) => computed }, '');
          context.out.note(`${name} of ${period} is not what its rows, prices and second counts make.`);
        }
        for (const note of notesOf(verification)) context.out.note(note);
        if (differences.length > 0) throw new Ended(exitCodes.different);
      }),
    );
};

const countsView = ({ differing, rows, summedRows, without, hoursWaiting }: CountsCompared) => ({ rows, summedRows, differing, hoursWaiting, without: Object.fromEntries(without) });
