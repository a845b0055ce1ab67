/** An answer that was not the expected one; the problem document says why. */
export class UnexpectedAnswer extends Error {
  constructor(call, status, body) {
    const problem = typeof body !== 'object' || body === null ? String(body) : 'code' in body ? `${body.code}: ${body.detail}` : JSON.stringify(body);
    super(`${call} answered ${status}: ${problem.slice(0, 300)}`);
    this.status = status;
    this.code = typeof body === 'object' && body !== null ? body.code : undefined;
  }
}

/** A client from outside: it knows URLs and JSON, and keeps the session cookie. */
export class HttpClient {
  #base;
  #cookie = '';
  #key;

  /** @param {string} base @param {{key?: string}} [options]  key: sent as bearer token */
  constructor(base, { key } = {}) {
    this.#base = base.replace(/\/+$/, '');
    this.#key = key;
  }

  /**
   * @param {'GET' | 'POST' | 'PUT' | 'DELETE'} method
   * @param {string} path
   * @param {{json?: unknown, text?: string, headers?: Record<string, string>, timeoutMs?: number, bytes?: boolean}} [request]  bytes: the body as it came
   * @returns {Promise<any>} the parsed body; throws UnexpectedAnswer for anything but 2xx
   */
  async call(method, path, { json, text, headers = {}, timeoutMs = 15_000, bytes = false } = {}) {
    const call = `${method} ${this.#base}${path}`;
    const answer = await fetch(this.#base + path, {
      method,
      body: json === undefined ? text : JSON.stringify(json),
      headers: {
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...(this.#cookie === '' ? {} : { cookie: this.#cookie }),
        ...(this.#key === undefined ? {} : { authorization: `Bearer ${this.#key}` }),
        ...headers,
      },
      signal: AbortSignal.timeout(timeoutMs),
    }).catch((error) => {
      throw new Error(`${call} failed: ${error.cause?.code ?? error.message}`);
    });
    for (const cookie of answer.headers.getSetCookie()) this.#cookie = cookie.split(';')[0];
    if (bytes && answer.ok) return Buffer.from(await answer.arrayBuffer());
    const body = await answer.text();
    const parsed = answer.headers.get('content-type')?.includes('json') ? JSON.parse(body) : body;
    if (!answer.ok) throw new UnexpectedAnswer(call, answer.status, parsed);
    return parsed;
  }
}
