import { WaybillError } from '@waybill/kernel';

/** Runs a step of a store; what it fails with becomes `body_store_unavailable`. */
export async function orUnavailable<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (cause) {
    throw new WaybillError('body_store_unavailable', {}, { cause });
  }
}
