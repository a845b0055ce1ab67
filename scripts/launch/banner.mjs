import { demo } from './seed.mjs';

const kept = `
Ctrl-C stops everything. Data and logs stay in .waybill; the next npm start goes on with them.
`;

/**
 * What a newcomer does next, ready to be copied.
 * @param {{consoleUrl: string, gatewayUrl: string, login: {email: string, password: string}, apiKey: string, total: string}} facts
 * @param {string} [ending]  what is said at last
 */
export function banner({ consoleUrl, gatewayUrl, login, apiKey, total }, ending = kept) {
  return `
Waybill runs (ready in ${total}).

  Console    ${consoleUrl}
             ${login.email}
             ${login.password}
  Gateway    ${gatewayUrl}
  API key    ${apiKey}

Publish a message:

curl -sS ${gatewayUrl}/v1/exchanges/${demo.exchange}/messages \\
  -H 'authorization: Bearer ${apiKey}' \\
  -H 'content-type: application/json' -H 'waybill-key: ${demo.routingKey}' \\
  -d '{"order": 1, "total": "9.90"}'

Receive it:

curl -sS ${gatewayUrl}/v1/queues/${demo.queue}/receive \\
  -H 'authorization: Bearer ${apiKey}' \\
  -H 'content-type: application/json' \\
  -d '{"max": 1, "waitSeconds": 5}'

Settle it with the receipt from that answer:

curl -sS ${gatewayUrl}/v1/queues/${demo.queue}/settle \\
  -H 'authorization: Bearer ${apiKey}' \\
  -H 'content-type: application/json' \\
  -d '{"accept": ["<receipt>"]}'
${ending}`;
}
