import { Controller } from '@nestjs/common';
import { createApiKey, listApiKeys, revokeApiKey } from '@waybill/contracts';
import type { Parsed, Reply } from '@waybill/contracts';
import { ApiKeys } from '@waybill/identity';
import type { Caller } from '@waybill/kernel';
import { Endpoint, From, Input } from '@waybill/platform';

@Controller()
export class ApiKeysController {
  constructor(private readonly keys: ApiKeys) {}

  @Endpoint(listApiKeys)
  async list(@From() caller: Caller, @Input() { params }: Parsed<typeof listApiKeys>): Promise<Reply<typeof listApiKeys>> {
    return { items: await this.keys.list(caller, params.namespace) };
  }

  @Endpoint(createApiKey)
  create(@From() caller: Caller, @Input() { params, body }: Parsed<typeof createApiKey>): Promise<Reply<typeof createApiKey>> {
    return this.keys.create(caller, params.namespace, body);
  }

  @Endpoint(revokeApiKey)
  revoke(@From() caller: Caller, @Input() { params }: Parsed<typeof revokeApiKey>): Promise<void> {
    return this.keys.revoke(caller, params.namespace, params.key);
  }
}
