import { Controller } from '@nestjs/common';
import { changeNamespace, getNamespace } from '@waybill/contracts';
import type { NamespaceSettings, Parsed } from '@waybill/contracts';
import { Namespaces } from '@waybill/identity';
import type { Caller } from '@waybill/kernel';
import { Endpoint, From, Input } from '@waybill/platform';
import { TopologyService } from '@waybill/topology';

@Controller()
export class NamespacesController {
  constructor(
    private readonly namespaces: Namespaces,
    private readonly topology: TopologyService,
  ) {}

  @Endpoint(getNamespace)
  async get(@From() caller: Caller, @Input() { params }: Parsed<typeof getNamespace>): Promise<NamespaceSettings> {
    const { id, name, environment, messageLog, createdAt } = await this.namespaces.open(caller, params.namespace);
    return { id, name, environment, messageLog, createdAt: createdAt.toISOString() };
  }

  @Endpoint(changeNamespace)
  async change(@From() caller: Caller, @Input() { params, body }: Parsed<typeof changeNamespace>): Promise<NamespaceSettings> {
    await this.topology.setMessageLog(caller, params.namespace, body.messageLog);
    return this.get(caller, { params, query: undefined, body: undefined });
  }
}
