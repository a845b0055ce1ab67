import { globSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Stack } from '../../../scripts/local/stack.mjs';
import { Customer } from './customer.js';
import { runPage } from './guide-run.js';
import { gatewayUrl, startInstallation } from './installation.js';
import { Mailbox } from './mailbox.js';

const guides = path.resolve(import.meta.dirname, '../../../docs/guides');
const pages = globSync('*.md', { cwd: guides }).sort();
/** Pages wait more than they work: several run at a time. */
const atOnce = 4;

let stack: Stack;
let mailbox: Mailbox;
/** What went wrong, per page; undefined: nothing. */
const outcomes = new Map<string, Promise<unknown>>();

beforeAll(async () => {
  mailbox = await Mailbox.open();
  stack = await startInstallation({ settings: { SMTP_URL: mailbox.url } });
  const lanes = Array.from({ length: atOnce }, () => Promise.resolve());
  for (const [index, page] of pages.entries()) {
    const lane = index % atOnce;
    const outcome = lanes[lane]!.then(() => readAsWritten(page)).catch((error: unknown) => error);
    lanes[lane] = outcome.then(() => undefined);
    outcomes.set(page, outcome);
  }
});
afterAll(async () => {
  await stack?.stop();
  await mailbox?.close();
});

/** Each page is read by a customer of its own: a fresh namespace with nothing in it. */
async function readAsWritten(page: string): Promise<void> {
  const customer = await Customer.signUp(stack.controlPlane.url);
  const { secret } = await customer.key('publish', 'consume', 'manage');
  await runPage(path.join(guides, page), {
    WAYBILL_URL: gatewayUrl(stack), WAYBILL_KEY: secret, WAYBILL_CONTROL_URL: stack.controlPlane.url, WAYBILL_NAMESPACE: customer.namespaceId, WAYBILL_MAILBOX: mailbox.folder,
  });
}

describe('the guides', () => {
  it('are there', () => {
    expect(pages).toContain('getting-started.md');
  });

  it.each(pages)('%s runs as it is written and prints what it promises', async (page) => {
    const error = await outcomes.get(page);
    if (error !== undefined) throw error;
  }, 600_000);
});
