export * from './definitions.js';
export { limits } from './limits.js';
export * from './open-topology.store.js';
export { SnapshotPublisher } from './snapshot-publisher.js';
export type { RelayResult } from './snapshot-publisher.js';
export { TopologyService } from './topology.service.js';
