import { startStack } from '../../../scripts/local/stack.mjs';
import type { Stack, StackOptions } from '../../../scripts/local/stack.mjs';

/** A throw-away installation for one spec file. The ledger is drained every second, so that tests wait less. */
export function startInstallation(options: StackOptions = {}): Promise<Stack> {
  return startStack({
    databaseServerUrl: process.env['WAYBILL_TEST_DATABASE_URL'],
    ...options,
    settings: { USAGE_DRAIN_SECONDS: '1', RECLAIM_SECONDS: '0.5', LOG_LEVEL: 'warn', ...options.settings },
  });
}

export function gatewayUrl(stack: Stack, index = 0): string {
  const gateway = stack.gateways[index];
  if (!gateway) throw new Error(`there is no gateway ${index}`);
  return gateway.url;
}
