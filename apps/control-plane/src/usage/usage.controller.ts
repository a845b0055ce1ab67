import { Controller } from '@nestjs/common';
import { getUsage } from '@waybill/contracts';
import type { Parsed, Reply } from '@waybill/contracts';
import type { Caller } from '@waybill/kernel';
import { Endpoint, From, Input } from '@waybill/platform';
import { UsageView } from './usage-view.js';

@Controller()
export class UsageController {
  constructor(private readonly usage: UsageView) {}

  @Endpoint(getUsage)
  read(@From() caller: Caller, @Input() { params, query }: Parsed<typeof getUsage>): Promise<Reply<typeof getUsage>> {
    return this.usage.read(caller, params.namespace, query);
  }
}
