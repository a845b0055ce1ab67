/** Any key will do for the double. */
export const secretKey = 'sk_test_demo';

/** A switch of the double. @param {string} stripeUrl @param {'GET' | 'POST'} method @param {string} name @param {object} [body] */
export async function control(stripeUrl, method, name, body) {
  const answer = await fetch(`${stripeUrl}/_control/${name}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }) });
  const said = await answer.json();
  if (!answer.ok) throw new Error(`${method} /_control/${name} answered ${answer.status}: ${JSON.stringify(said)}`);
  return said;
}

/**
 * A call of the double's Stripe API, as the product's owner.
 * @param {string} stripeUrl @param {'GET' | 'POST'} method @param {string} place @param {{form?: Record<string, string>, json?: unknown}} [body]
 */
export async function stripe(stripeUrl, method, place, { form, json } = {}) {
  const answer = await fetch(stripeUrl + place, {
    method,
    headers: { authorization: `Bearer ${secretKey}`, 'stripe-version': '2026-10-28.endive', ...(json === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(form === undefined ? {} : { body: new URLSearchParams(form) }), ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  });
  const said = await answer.json();
  if (!answer.ok) throw new Error(`${method} ${place} answered ${answer.status}: ${JSON.stringify(said)}`);
  return said;
}
