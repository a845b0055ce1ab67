import { Controller } from '@nestjs/common';
import { deleteQueue, getQueue, listQueues, putQueue } from '@waybill/contracts';
import type { Parsed, Queue, Reply } from '@waybill/contracts';
import type { Caller } from '@waybill/kernel';
import { Endpoint, From, Input, Unchanged } from '@waybill/platform';
import { TopologyService } from '@waybill/topology';

@Controller()
export class QueuesController {
  constructor(private readonly topology: TopologyService) {}

  @Endpoint(listQueues)
  list(@From() caller: Caller, @Input() { params, query }: Parsed<typeof listQueues>): Promise<Reply<typeof listQueues>> {
    return this.topology.listQueues(caller, params.namespace, query);
  }

  @Endpoint(getQueue)
  get(@From() caller: Caller, @Input() { params }: Parsed<typeof getQueue>): Promise<Queue> {
    return this.topology.getQueue(caller, params.namespace, params.queue);
  }

  @Endpoint(putQueue)
  async put(@From() caller: Caller, @Input() { params, body }: Parsed<typeof putQueue>): Promise<Queue | Unchanged<Queue>> {
    const { created, queue } = await this.topology.putQueue(caller, params.namespace, params.queue, body);
    return created ? queue : new Unchanged(queue);
  }

  @Endpoint(deleteQueue)
  delete(@From() caller: Caller, @Input() { params }: Parsed<typeof deleteQueue>): Promise<void> {
    return this.topology.deleteQueue(caller, params.namespace, params.queue);
  }
}
