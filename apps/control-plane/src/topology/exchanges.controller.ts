import { Controller } from '@nestjs/common';
import { deleteExchange, getExchange, listExchanges, putExchange } from '@waybill/contracts';
import type { Exchange, Parsed, Reply } from '@waybill/contracts';
import type { Caller } from '@waybill/kernel';
import { Endpoint, From, Input, Unchanged } from '@waybill/platform';
import { TopologyService } from '@waybill/topology';

@Controller()
export class ExchangesController {
  constructor(private readonly topology: TopologyService) {}

  @Endpoint(listExchanges)
  list(@From() caller: Caller, @Input() { params, query }: Parsed<typeof listExchanges>): Promise<Reply<typeof listExchanges>> {
    return this.topology.listExchanges(caller, params.namespace, query);
  }

  @Endpoint(getExchange)
  get(@From() caller: Caller, @Input() { params }: Parsed<typeof getExchange>): Promise<Exchange> {
    return this.topology.getExchange(caller, params.namespace, params.exchange);
  }

  @Endpoint(putExchange)
  async put(@From() caller: Caller, @Input() { params, body }: Parsed<typeof putExchange>): Promise<Exchange | Unchanged<Exchange>> {
    const { created, exchange } = await this.topology.putExchange(caller, params.namespace, params.exchange, body);
    return created ? exchange : new Unchanged(exchange);
  }

  @Endpoint(deleteExchange)
  delete(@From() caller: Caller, @Input() { params }: Parsed<typeof deleteExchange>): Promise<void> {
    return this.topology.deleteExchange(caller, params.namespace, params.exchange);
  }
}
