import { parseArgs } from 'node:util';
import { startDouble } from './double.js';

const { values } = parseArgs({
  options: { port: { type: 'string', default: '0' }, host: { type: 'string', default: '127.0.0.1' }, seed: { type: 'string', default: '1' }, contract: { type: 'string' } },
});
const say = (line: string): void => void globalThis.process.stdout.write(`${line}\n`);
const double = await startDouble({
  port: Number(values.port), host: values.host, seed: Number(values.seed), log: say, ...(values.contract === undefined ? {} : { contractFile: values.contract }),
});
say(`Stripe double on ${double.url}`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  globalThis.process.once(signal, () => void double.close().then(() => globalThis.process.exit(0)));
}
