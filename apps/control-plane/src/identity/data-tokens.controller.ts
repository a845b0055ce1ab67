import { Controller } from '@nestjs/common';
import { createDataToken } from '@waybill/contracts';
import type { Parsed, Reply } from '@waybill/contracts';
import { DataTokens, Namespaces } from '@waybill/identity';
import type { Caller } from '@waybill/kernel';
import { Endpoint, From, Input } from '@waybill/platform';
import { Installation } from '../installation.js';

@Controller()
export class DataTokensController {
  constructor(
    private readonly namespaces: Namespaces,
    private readonly tokens: DataTokens,
    private readonly installation: Installation,
  ) {}

  @Endpoint(createDataToken)
  async create(@From() caller: Caller, @Input() { params }: Parsed<typeof createDataToken>): Promise<Reply<typeof createDataToken>> {
    const namespace = await this.namespaces.open(caller, params.namespace);
    const { token, expiresAtMs } = this.tokens.issue(caller, namespace.id);
    return { token, expiresAt: new Date(expiresAtMs).toISOString(), gatewayUrl: this.installation.gatewayUrl };
  }
}
