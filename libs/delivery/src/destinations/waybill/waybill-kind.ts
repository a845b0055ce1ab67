import { z } from 'zod';
import type { DestinationKind, Secrets, Sender } from '../../destination.js';
import { refusedAsProblem } from '../../egress/open-egress.js';
import type { EgressGuard } from '../../egress/guard.js';
import { openedOrRefusing } from '../refusing-sender.js';
import { WaybillSender } from './waybill-sender.js';

const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,126}$/, 'must be a name of 1 to 127 letters, digits, ".", "_" or "-"');

export const waybillSettings = z
  .strictObject({
    url: z.string().min(1).max(2_048).describe('Address of the other gateway, for example https://gateway.example.com.'),
    exchange: name.optional().describe('Exchange it publishes into.'),
    queue: name.optional().describe('Queue it publishes into, instead of an exchange.'),
    key: z.string().max(255).optional().describe('Routing key there; default: the key of the message.'),
  })
  .refine(({ exchange, queue }) => (exchange === undefined) !== (queue === undefined), { message: 'names an exchange or a queue, one of them', path: ['exchange'] });
export type WaybillSettings = z.output<typeof waybillSettings>;

/** Another namespace or another Waybill: messages are published there under our message id as dedup id. */
export class WaybillKind implements DestinationKind<WaybillSettings> {
  readonly kind = 'waybill';
  readonly title = 'Another Waybill';
  readonly settings = waybillSettings;
  readonly secrets = [{ name: 'api_key', description: 'API key of the other namespace with the scope "publish".' }];

  constructor(private readonly guard: EgressGuard) {}

  unavailable(): string | null {
    return null;
  }

  /** Fails with `egress_refused`. */
  async check({ url }: WaybillSettings): Promise<void> {
    await refusedAsProblem('url', () => this.guard.addressesOf(this.guard.policy.url(url).hostname));
  }

  open(settings: WaybillSettings, secrets: Secrets): Sender {
    return openedOrRefusing(() => new WaybillSender(this.guard, settings, secrets));
  }
}
