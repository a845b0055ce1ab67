import { Inject, Injectable, Module } from '@nestjs/common';
import type { DynamicModule, OnApplicationShutdown } from '@nestjs/common';
import type { BrokerWiring } from './broker-wiring.js';

export const brokerToken = Symbol('broker');

/** Closes the store's connections after the last request was answered. */
@Injectable()
class BrokerLifetime implements OnApplicationShutdown {
  constructor(@Inject(brokerToken) private readonly broker: BrokerWiring) {}

  onApplicationShutdown(): void {
    this.broker.close();
  }
}

/** The Nest shell around the data plane. It has no controllers: the routes are raw Fastify (DESIGN.md §2). */
@Module({})
export class GatewayModule {
  static forBroker(broker: BrokerWiring): DynamicModule {
    return { module: GatewayModule, providers: [{ provide: brokerToken, useValue: broker }, BrokerLifetime] };
  }
}
