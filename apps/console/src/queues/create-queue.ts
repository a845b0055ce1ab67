import { getQueue, putQueue, type Queue, type QueueInput } from '@waybill/contracts';
import { callOperation } from '../api/control-plane.js';
import { refuseTakenName } from '../api/name-taken.js';
import { useRefreshTopology } from './queries.js';

type NewQueue = { readonly name: string } & Partial<QueueInput>;

export function useCreateQueue(namespace: string): (queue: NewQueue) => Promise<Queue> {
  const refresh = useRefreshTopology(namespace);
  return async ({ name, ...body }) => {
    const params = { namespace, queue: name };
    await refuseTakenName(name, () => callOperation(getQueue, { params }));
    const queue = await callOperation(putQueue, { params, body });
    await refresh();
    return queue;
  };
}
