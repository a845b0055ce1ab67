import { HttpClient } from './http.mjs';

export const demo = { queue: 'orders', exchange: 'shop', pattern: 'order.#', routingKey: 'order.created' };

/**
 * The demo tenant with a topic exchange bound to a queue, and a key that works, made through the API like any
 * customer's. A second time it finds everything in place.
 * @param {string} consoleUrl
 * @param {string} gatewayUrl
 * @param {{email: string, password: string, apiKey: string | null}} login
 * @returns {Promise<string>} the API key
 */
export async function seedDemo(consoleUrl, gatewayUrl, { email, password, apiKey }) {
  const api = new HttpClient(consoleUrl);
  const account = await api.call('POST', '/api/v1/session', { json: { email, password } }).catch((error) => {
    if (error.code !== 'credentials_wrong') throw error;
    return api.call('POST', '/api/v1/sign-up', { json: { email, password, tenantName: 'Demo' } });
  });
  const base = `/api/v1/namespaces/${account.tenants[0].namespaces[0].id}`;
  await api.call('PUT', `${base}/queues/${demo.queue}`, { json: {} });
  await api.call('PUT', `${base}/exchanges/${demo.exchange}`, { json: { kind: 'topic' } });
  await api.call('PUT', `${base}/exchanges/${demo.exchange}/bindings`, { json: { bindings: [{ destination: { queue: demo.queue }, pattern: demo.pattern }] } });
  if (apiKey !== null && (await keyWorks(gatewayUrl, apiKey))) return apiKey;
  const created = await api.call('POST', `${base}/keys`, { json: { name: 'demo', scopes: ['publish', 'consume', 'manage'] } });
  return created.secret;
}

async function keyWorks(gatewayUrl, key) {
  try {
    await new HttpClient(gatewayUrl, { key }).call('GET', `/v1/queues/${demo.queue}`);
    return true;
  } catch (error) {
    if (error.status === 401) return false;
    throw error;
  }
}
