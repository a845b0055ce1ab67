import type { TopologyChange } from '@waybill/broker';

/**
 * What a version of the snapshot consists of: definitions, which gateways route by, and the namespace's own settings,
 * which only the scripts read. In the snapshot hash the message log is the field `log` with `off`, and absent when on.
 */
export type SnapshotStep = TopologyChange | { readonly messageLog: boolean };

export const isDefinition = (step: SnapshotStep): step is TopologyChange => !('messageLog' in step);
