import { createServer } from 'node:net';

const reserved = new Set();

/** @param {number} port @param {string} host @returns {Promise<import('node:net').Server | undefined>} */
function listen(port, host) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host, exclusive: true }, () => resolve(server));
  });
}

/**
 * Keeps a port until the process that needs it is about to start, so that a second launcher beside this one
 * takes another. Without a wish, any free port.
 * @param {number} [wished]  the first port to try; the next fifty are tried after it
 * @param {string} [host]
 * @returns {Promise<{port: number, release: () => Promise<void>}>}
 */
export async function reservePort(wished = 0, host = '127.0.0.1') {
  const last = wished === 0 ? 50 : wished + 50;
  for (let port = wished; port <= last; port += 1) {
    if (reserved.has(port)) continue;
    const server = await listen(wished === 0 ? 0 : port, host);
    if (server === undefined) continue;
    const taken = /** @type {import('node:net').AddressInfo} */ (server.address()).port;
    server.unref();
    reserved.add(taken);
    return {
      port: taken,
      release: () => new Promise((resolve) => {
        reserved.delete(taken);
        server.close(() => resolve());
      }),
    };
  }
  throw new Error(`no free port from ${wished} to ${last}`);
}
