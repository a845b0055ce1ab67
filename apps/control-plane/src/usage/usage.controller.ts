import { Controller } from '@nestjs/common';
import { drillDownUsage, getUsage, reconcileUsage } from '@waybill/contracts';
import type { Parsed, Reply } from '@waybill/contracts';
import type { Caller } from '@waybill/kernel';
import { Endpoint, From, Input } from '@waybill/platform';
import { DrillDownView } from './drill-down-view.js';
import { UsageView } from './usage-view.js';

@Controller()
export class UsageController {
  constructor(
    private readonly usage: UsageView,
    private readonly drillDown: DrillDownView,
  ) {}

  @Endpoint(getUsage)
  read(@From() caller: Caller, @Input() { params, query }: Parsed<typeof getUsage>): Promise<Reply<typeof getUsage>> {
    return this.usage.read(caller, params.namespace, query);
  }

  @Endpoint(drillDownUsage)
  open(@From() caller: Caller, @Input() { query }: Parsed<typeof drillDownUsage>): Promise<Reply<typeof drillDownUsage>> {
    return this.drillDown.read(caller, query);
  }

  @Endpoint(reconcileUsage)
  reconcile(@From() caller: Caller, @Input() { params, query }: Parsed<typeof reconcileUsage>): Promise<Reply<typeof reconcileUsage>> {
    return this.drillDown.reconcile(caller, params.namespace, query.hour);
  }
}
