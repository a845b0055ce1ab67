import { Inject, Module } from '@nestjs/common';
import type { DynamicModule, OnApplicationShutdown, Provider } from '@nestjs/common';
import { EndpointHealths, RecipientAnswers, Resending, SourceRefusals, Sources, SubscriptionAttempts, Subscriptions, SubscriptionSecrets, TestCalls } from '@waybill/delivery';
import { Accounts, ApiKeys, DataTokens, KeyDirectory, Namespaces, PortalLinks, Sessions } from '@waybill/identity';
import { DrillDown, EvidenceStore, Reconciliation, ScheduledExports, UsageSourceStore } from '@waybill/billing';
import { UsageReader } from '@waybill/metering';
import { TopologyService } from '@waybill/topology';
import { BillingRoom } from './billing/billing-room.js';
import { Payments } from './payments/payments.controller.js';
import type { Rooms } from './rooms.js';

const ROOMS = Symbol('rooms');

/** Hands the rooms to the controllers, and closes them after the last request was answered. */
@Module({})
export class RoomsModule implements OnApplicationShutdown {
  constructor(@Inject(ROOMS) private readonly rooms: Rooms) {}

  static of(rooms: Rooms): DynamicModule {
    const provided: Provider[] = [
      { provide: Accounts, useValue: rooms.identity.accounts },
      { provide: Sessions, useValue: rooms.identity.sessions },
      { provide: Namespaces, useValue: rooms.identity.namespaces },
      { provide: ApiKeys, useValue: rooms.identity.apiKeys },
      { provide: KeyDirectory, useValue: rooms.keyDirectory },
      { provide: DataTokens, useValue: rooms.dataTokens },
      { provide: PortalLinks, useValue: rooms.portalLinks },
      { provide: TopologyService, useValue: rooms.topology.service },
      { provide: Subscriptions, useValue: rooms.delivery.subscriptions },
      { provide: SubscriptionSecrets, useValue: rooms.delivery.secrets },
      { provide: SubscriptionAttempts, useValue: rooms.delivery.attempts },
      { provide: Resending, useValue: rooms.delivery.resending },
      { provide: EndpointHealths, useValue: rooms.delivery.healths },
      { provide: TestCalls, useValue: rooms.delivery.testCalls },
      { provide: RecipientAnswers, useValue: rooms.recipients },
      { provide: SourceRefusals, useValue: rooms.sources.refusals },
      { provide: Sources, useValue: rooms.sources.sources },
      { provide: Payments, useValue: rooms.payments },
      { provide: UsageReader, useValue: rooms.usage },
      { provide: BillingRoom, useValue: new BillingRoom(rooms.billing) },
      { provide: ScheduledExports, useValue: rooms.exports },
      { provide: UsageSourceStore, useValue: rooms.billing.source },
      { provide: DrillDown, useValue: rooms.evidence.drillDown },
      { provide: EvidenceStore, useValue: rooms.evidence.store },
      { provide: Reconciliation, useValue: rooms.evidence.reconciliation },
    ];
    return { module: RoomsModule, global: true, providers: [{ provide: ROOMS, useValue: rooms }, ...provided], exports: provided };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.rooms.close();
  }
}
