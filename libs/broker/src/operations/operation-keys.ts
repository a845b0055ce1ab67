import type { NamespaceId } from '@waybill/kernel';

/** Keys of tasks and schedules; one slot per namespace, like every key of the broker. */
export const operationKeys = {
  /** zset: task id by the moment (ms) it was asked for */
  tasks: (ns: NamespaceId) => `{${ns}}:tasks`,
  /** zset: the same, of tasks that have not ended */
  runningTasks: (ns: NamespaceId) => `{${ns}}:tasks:running`,
  /** hash: what is asked for, how far it went, and which worker has it */
  task: (ns: NamespaceId, id: string) => `{${ns}}:task:${id}`,
  /** hash: schedule name by its definition, JSON */
  schedules: (ns: NamespaceId) => `{${ns}}:schedules`,
  /** hash: schedule name by what its last run came to, JSON */
  scheduleRuns: (ns: NamespaceId) => `{${ns}}:schedules:runs`,
} as const;

/** zset over all namespaces: those with a task, by the moment (ms) of the last one. Belongs to no slot. */
export const taskMarksKey = 'waybill:tasks';
/** zset over all namespaces: those with a schedule, by the moment (ms) to look at them. Belongs to no slot. */
export const scheduleMarksKey = 'waybill:schedules';
