import { Controller } from '@nestjs/common';
import { addSubscriptionSecret, listSubscriptionSecrets, revokeSubscriptionSecret } from '@waybill/contracts';
import type { Parsed, Reply, ShownSecret } from '@waybill/contracts';
import { SubscriptionSecrets } from '@waybill/delivery';
import type { Caller } from '@waybill/kernel';
import { Endpoint, From, Input } from '@waybill/platform';

@Controller()
export class SubscriptionSecretsController {
  constructor(private readonly secrets: SubscriptionSecrets) {}

  @Endpoint(listSubscriptionSecrets)
  async list(@From() caller: Caller, @Input() { params }: Parsed<typeof listSubscriptionSecrets>): Promise<Reply<typeof listSubscriptionSecrets>> {
    return { items: await this.secrets.list(caller, params.namespace, { name: params.subscription }) };
  }

  @Endpoint(addSubscriptionSecret)
  add(@From() caller: Caller, @Input() { params, body }: Parsed<typeof addSubscriptionSecret>): Promise<ShownSecret> {
    return this.secrets.add(caller, params.namespace, { name: params.subscription }, body);
  }

  @Endpoint(revokeSubscriptionSecret)
  revoke(@From() caller: Caller, @Input() { params }: Parsed<typeof revokeSubscriptionSecret>): Promise<void> {
    return this.secrets.revoke(caller, params.namespace, { name: params.subscription }, params.secret);
  }
}
