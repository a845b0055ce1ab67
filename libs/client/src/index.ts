export type {
  Attempt, Binding, BrowsedMessage, DestinationKind, EndpointHealth, LoggedEvent, MessageEvent, PublishReceipt, QueueFigures, ResendTask, Schedule, ScheduleWithRuns, ShownSecret, Subscription, SubscriptionSecret,
  Task, TestResult,
} from '@waybill/contracts';
export type { CloudEvent } from './cloud-event.js';
export type { ConsumeOptions, IterateOptions } from './consuming/consume.js';
export { RejectMessage, ReleaseMessage } from './consuming/work.js';
export type { AfterFailure, Handler, WorkOptions } from './consuming/work.js';
export { WaybillApiError, WaybillConnectionError } from './errors.js';
export { Exchange, Reply } from './exchange.js';
export type { RequestOptions } from './exchange.js';
export { Message } from './message.js';
export { MessageLog } from './message-log.js';
export type { LogQuery } from './message-log.js';
export type { Moment, OutgoingMessage } from './outgoing-message.js';
export type { PublishOptions, PublishResult } from './publisher.js';
export { Queue } from './queue.js';
export type { ReceiveOptions } from './queue.js';
export type { BrowseQuery, Group, MessageFilter, Preview, PublishTarget } from './queue-operations.js';
export type { RetrySettings } from './retry.js';
export { Schedules } from './schedules.js';
export type { ScheduleInput } from './schedules.js';
export type { SettleBody, SettleOutcome, SettleResult } from './settlements.js';
export { Subscriptions } from './subscriptions.js';
export type { AttemptQuery, FailedCount, PutSubscription, ResendStarted, SubscriptionSettings } from './subscriptions.js';
export { Tasks } from './tasks.js';
export type { Time } from './time.js';
export { Topology } from './topology.js';
export type { BindingSettings, ExchangeSettings, QueueDefinitionSettings } from './topology.js';
export { WaybillClient } from './waybill-client.js';
export type { ClientOptions, QueueFiguresOfList } from './waybill-client.js';
