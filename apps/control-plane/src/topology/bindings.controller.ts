import { Controller } from '@nestjs/common';
import { deleteBinding, listBindings, putBindings } from '@waybill/contracts';
import type { Parsed, Reply } from '@waybill/contracts';
import type { Caller } from '@waybill/kernel';
import { Endpoint, From, Input, Unchanged } from '@waybill/platform';
import { TopologyService } from '@waybill/topology';

@Controller()
export class BindingsController {
  constructor(private readonly topology: TopologyService) {}

  @Endpoint(listBindings)
  list(@From() caller: Caller, @Input() { params, query }: Parsed<typeof listBindings>): Promise<Reply<typeof listBindings>> {
    return this.topology.listBindings(caller, params.namespace, query);
  }

  @Endpoint(putBindings)
  async put(
    @From() caller: Caller,
    @Input() { params, body }: Parsed<typeof putBindings>,
  ): Promise<Reply<typeof putBindings> | Unchanged<Reply<typeof putBindings>>> {
    const items = await this.topology.putBindings(caller, params.namespace, params.exchange, body.bindings);
    return items.some(({ created }) => created) ? { items } : new Unchanged({ items });
  }

  @Endpoint(deleteBinding)
  delete(@From() caller: Caller, @Input() { params }: Parsed<typeof deleteBinding>): Promise<void> {
    return this.topology.deleteBinding(caller, params.namespace, params.binding);
  }
}
