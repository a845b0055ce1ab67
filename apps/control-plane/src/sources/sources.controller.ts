import { Controller } from '@nestjs/common';
import { addSourceSecret, deleteSource, getSource, getSourceRefusals, listSources, putSource, revokeSourceSecret } from '@waybill/contracts';
import type { Parsed, Reply, ShownSourceSecret, Source, SourceRefusals as Refusals } from '@waybill/contracts';
import { SourceRefusals, Sources } from '@waybill/delivery';
import type { Caller } from '@waybill/kernel';
import { Endpoint, From, Input, Unchanged } from '@waybill/platform';

type Put = Reply<typeof putSource>;

@Controller()
export class SourcesController {
  constructor(
    private readonly sources: Sources,
    private readonly refusals: SourceRefusals,
  ) {}

  @Endpoint(listSources)
  list(@From() caller: Caller, @Input() { params, query }: Parsed<typeof listSources>): Promise<Reply<typeof listSources>> {
    return this.sources.list(caller, params.namespace, query);
  }

  @Endpoint(getSource)
  get(@From() caller: Caller, @Input() { params }: Parsed<typeof getSource>): Promise<Source> {
    return this.sources.get(caller, params.namespace, params.source);
  }

  @Endpoint(getSourceRefusals)
  refused(@From() caller: Caller, @Input() { params }: Parsed<typeof getSourceRefusals>): Promise<Refusals> {
    return this.refusals.of(caller, params.namespace, params.source);
  }

  @Endpoint(putSource)
  async put(@From() caller: Caller, @Input() { params, body }: Parsed<typeof putSource>): Promise<Put | Unchanged<Put>> {
    const { created, source, secret } = await this.sources.put(caller, params.namespace, params.source, body);
    return created ? { ...source, secret } : new Unchanged({ ...source, secret });
  }

  @Endpoint(deleteSource)
  delete(@From() caller: Caller, @Input() { params }: Parsed<typeof deleteSource>): Promise<void> {
    return this.sources.delete(caller, params.namespace, params.source);
  }

  @Endpoint(addSourceSecret)
  addSecret(@From() caller: Caller, @Input() { params, body }: Parsed<typeof addSourceSecret>): Promise<ShownSourceSecret> {
    return this.sources.addSecret(caller, params.namespace, params.source, body);
  }

  @Endpoint(revokeSourceSecret)
  revokeSecret(@From() caller: Caller, @Input() { params }: Parsed<typeof revokeSourceSecret>): Promise<void> {
    return this.sources.revokeSecret(caller, params.namespace, params.source, params.secret);
  }
}
