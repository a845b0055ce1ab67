import { existsSync } from 'node:fs';
import { DoubleClock } from './clock.js';
import { Control } from './control.js';
import { Faults } from './faults.js';
import type { Handlers } from './handler.js';
import { seededRandom } from './random.js';
import { catalogue } from './resources/catalogue.js';
import { checkout } from './resources/checkout.js';
import { clocks } from './resources/clocks.js';
import { creditGrants } from './resources/credit-grants.js';
import { creditNotes } from './resources/credit-notes.js';
import { customers } from './resources/customers.js';
import { events, snapshotView } from './resources/events.js';
import { invoices } from './resources/invoices.js';
import { meters } from './resources/meters.js';
import { schedules } from './resources/schedules.js';
import { subscriptions } from './resources/subscriptions.js';
import { Webhooks } from './webhooks.js';
import { CallGate } from './wire/call-gate.js';
import { Contract } from './wire/contract.js';
import { listen } from './wire/http-server.js';
import { StripeApi } from './wire/stripe-api.js';
import { World } from './world.js';

/** Package and API version the double was written against; the contract file must say the same. */
export const writtenAgainst = { package: 'stripe@23.1.0', apiVersion: '2026-10-28.endive' } as const;

export interface DoubleOptions {
  /** 0 takes a free one. */
  readonly port?: number;
  readonly host?: string;
  /** Of every random decision: faults, order of webhooks. */
  readonly seed?: number;
  /** The clock stands still here; without it, it runs with the machine. */
  readonly heldAtMs?: number;
  /** The contract data; checked against only when the file exists. */
  readonly contractFile?: string;
  readonly log?: (line: string) => void;
  /** Told when an answer broke the contract or the double failed; default: throws where nobody can catch it, which ends the process. */
  readonly onCrash?: (error: Error) => void;
}

export interface RunningDouble {
  /** For STRIPE_API_BASE; the switches are below `/_control`. */
  readonly url: string;
  readonly world: World;
  /** Whether requests and answers are checked against the contract. */
  readonly checksContract: boolean;
  close(): Promise<void>;
}

const contracts = new Map<string, Contract>();
/** Compiling the schemas takes a second: once a process. */
function contractOf(file: string): Contract {
  const known = contracts.get(file) ?? new Contract(file);
  contracts.set(file, known);
  return known;
}

/** Starts a Stripe double of its own memory. Refuses to start beside a contract of another version. */
export async function startDouble(options: DoubleOptions = {}): Promise<RunningDouble> {
  const { port = 0, host = '127.0.0.1', seed = 1, heldAtMs = null, contractFile, log = () => undefined } = options;
  const contract = contractFile !== undefined && existsSync(contractFile) ? contractOf(contractFile) : null;
  if (contract && contract.source !== writtenAgainst.package) throw new Error(`the contract is of ${contract.source}, the double of ${writtenAgainst.package}`);
  log(
    contract
      ? `Every request and answer is checked against the contract of ${contract.source}.`
      : `NO CONTRACT FILE${contractFile === undefined ? '' : ` at ${contractFile}`}: requests and answers are checked by the double's own code only, not against the shapes of Stripe.`,
  );
  const random = seededRandom(seed);
  const clock = new DoubleClock(heldAtMs);
  const world = new World(clock, random);
  const faults = new Faults(random);
  const webhooks = new Webhooks(world, faults, writtenAgainst.apiVersion);
  const handlers: Handlers = {
    ...customers, ...catalogue, ...meters, ...subscriptions, ...schedules, ...invoices, ...creditGrants, ...creditNotes, ...checkout, ...clocks, ...events(writtenAgainst.apiVersion),
  };
  world.onEvent = (event) => {
    if (!event.thin) contract?.checkObject('event', JSON.parse(JSON.stringify(snapshotView(event, writtenAgainst.apiVersion))));
    webhooks.take(event);
  };
  const gate = new CallGate(world);
  const api = new StripeApi(world, handlers, writtenAgainst.apiVersion, contract);
  const crash = options.onCrash ?? ((error: Error) => setImmediate(() => Promise.reject(error)));
  const { server, url } = await listen({ api, control: new Control({ world, clock, faults, webhooks, gate }), faults, gate, onCrash: crash }, port, host);
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    await webhooks.idle();
  };
  return { url, world, checksContract: contract !== null, close };
}
