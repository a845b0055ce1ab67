// npm run smoke: proves a running installation from outside, through its public API only. It finds the one of this
// clone by itself; WAYBILL_URL names another (its console address, the gateway's is asked for there).
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpClient } from './launch/http.mjs';
import { fail, Refusal } from './toolchain/progress.mjs';
import { readRunning } from './launch/running.mjs';

const usageWaitMs = 60_000;
const unique = randomBytes(5).toString('hex');
const startedAt = performance.now();

async function step(name, work) {
  const from = performance.now();
  try {
    const result = await work();
    process.stdout.write(`ok    ${name.padEnd(58)} ${Math.round(performance.now() - from)} ms\n`);
    return result;
  } catch (error) {
    process.stdout.write(`FAIL  ${name.padEnd(58)} ${Math.round(performance.now() - from)} ms\n`);
    throw new Refusal(`smoke failed: ${name}: ${error.message}`);
  }
}

function expect(condition, complaint) {
  if (!condition) throw new Error(complaint);
}

async function countedMessages(api, base) {
  const deadline = Date.now() + usageWaitMs;
  for (;;) {
    const { totals } = await api.call('GET', `${base}/usage`);
    if (totals.mq_messages === '1') return;
    if (Date.now() > deadline) throw new Error(`after ${usageWaitMs / 1000} s the ledger shows ${JSON.stringify(totals)} instead of one message`);
    await sleep(250);
  }
}

try {
  const consoleUrl = process.env.WAYBILL_URL ?? readRunning()?.consoleUrl;
  if (consoleUrl === undefined) throw new Refusal('Nothing runs from this folder: run "npm start" first, or set WAYBILL_URL.');
  process.stdout.write(`Waybill at ${consoleUrl}\n`);
  const api = new HttpClient(consoleUrl);

  await step('the control plane is ready', () => api.call('GET', '/readyz'));
  const account = await step('sign up a tenant', () =>
    api.call('POST', '/api/v1/sign-up', { json: { email: `smoke-${unique}@waybill.localhost`, password: randomBytes(18).toString('base64url'), tenantName: `Smoke ${unique}` } }),
  );
  const base = `/api/v1/namespaces/${account.tenants[0].namespaces[0].id}`;
  await step('create the queue "inbox"', () => api.call('PUT', `${base}/queues/inbox`, { json: {} }));
  await step('create the topic exchange "events"', () => api.call('PUT', `${base}/exchanges/events`, { json: { kind: 'topic' } }));
  await step('bind it with "smoke.*"', () =>
    api.call('PUT', `${base}/exchanges/events/bindings`, { json: { bindings: [{ destination: { queue: 'inbox' }, pattern: 'smoke.*' }] } }),
  );
  const key = await step('create an API key', () => api.call('POST', `${base}/keys`, { json: { name: 'smoke', scopes: ['publish', 'consume'] } }));
  const { gatewayUrl } = await step('ask where the gateway is', () => api.call('POST', `${base}/data-tokens`));
  const gateway = new HttpClient(gatewayUrl, { key: key.secret });

  const body = `smoke ${unique} äöü ✓`;
  const receipt = await step('publish a message', async () => {
    const answer = await gateway.call('POST', '/v1/exchanges/events/messages', { text: body, headers: { 'content-type': 'text/plain', 'waybill-key': 'smoke.test' } });
    expect(answer.queues.includes('inbox'), `the receipt names the queues ${JSON.stringify(answer.queues)}`);
    return answer;
  });
  const message = await step('receive it, unchanged', async () => {
    const { messages } = await gateway.call('POST', '/v1/queues/inbox/receive', { json: { waitSeconds: 5 } });
    expect(messages.length === 1, `${messages.length} messages came`);
    expect(messages[0].id === receipt.id && messages[0].body === body, `another message came: ${JSON.stringify(messages[0])}`);
    expect(messages[0].deliveryCount === 1, `delivery count ${messages[0].deliveryCount}`);
    return messages[0];
  });
  await step('settle it', async () => {
    const { results } = await gateway.call('POST', '/v1/queues/inbox/settle', { json: { accept: [message.receipt] } });
    expect(results[0]?.outcome === 'accepted', JSON.stringify(results));
  });
  await step('the queue is empty', async () => {
    const figures = await gateway.call('GET', '/v1/queues/inbox');
    expect(figures.ready === 0 && figures.leased === 0, JSON.stringify(figures));
  });
  await step('the ledger counts one message', () => countedMessages(api, base));
  process.stdout.write(`Smoke test passed in ${((performance.now() - startedAt) / 1000).toFixed(1)} s.\n`);
} catch (error) {
  fail(error);
}
