import { Controller } from '@nestjs/common';
import { listPortalSecrets, revealPortalSecret, rotatePortalSecret } from '@waybill/contracts';
import type { Parsed, Reply, ShownSecret } from '@waybill/contracts';
import { SubscriptionSecrets } from '@waybill/delivery';
import type { PortalCaller } from '@waybill/identity';
import { Endpoint, From, Input } from '@waybill/platform';
import { refOf } from './portal-endpoints.js';

@Controller()
export class PortalSecretsController {
  constructor(private readonly secrets: SubscriptionSecrets) {}

  @Endpoint(listPortalSecrets)
  async list(@From() caller: PortalCaller, @Input() { params }: Parsed<typeof listPortalSecrets>): Promise<Reply<typeof listPortalSecrets>> {
    return { items: await this.secrets.list(caller, caller.namespaceId, refOf(caller, params.subscription)) };
  }

  @Endpoint(revealPortalSecret)
  reveal(@From() caller: PortalCaller, @Input() { params }: Parsed<typeof revealPortalSecret>): Promise<ShownSecret> {
    return this.secrets.reveal(caller, caller.namespaceId, refOf(caller, params.subscription), params.secret);
  }

  @Endpoint(rotatePortalSecret)
  rotate(@From() caller: PortalCaller, @Input() { params, body }: Parsed<typeof rotatePortalSecret>): Promise<ShownSecret> {
    return this.secrets.add(caller, caller.namespaceId, refOf(caller, params.subscription), body);
  }
}
