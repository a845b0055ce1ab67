import type { listQueueFigures, Reply } from '@waybill/contracts';
import { Exchange } from './exchange.js';
import { MessageLog } from './message-log.js';
import { everyItem } from './pages.js';
import { Queue } from './queue.js';
import { usualRetry } from './retry.js';
import type { RetrySettings } from './retry.js';
import { Schedules } from './schedules.js';
import { Subscriptions } from './subscriptions.js';
import { Tasks } from './tasks.js';
import { systemTime } from './time.js';
import type { Time } from './time.js';
import { Topology } from './topology.js';
import { Transport } from './transport.js';

export interface ClientOptions {
  /** Address of the gateway. */
  readonly url: string | undefined;
  /** An API key of the namespace, or where to get one that changes. */
  readonly key: string | (() => string | Promise<string>) | undefined;
  /** Address of the control plane; needed for `topology` and `subscriptions`. */
  readonly controlUrl?: string | undefined;
  /** Id of the namespace; needed for `topology` and `subscriptions`. */
  readonly namespace?: string | undefined;
  readonly retry?: Partial<RetrySettings>;
  /**
   * Default true: publishes carry an Idempotency-Key, so that one whose answer was lost is tried again without
   * being stored twice. false saves the gateway a little work; such a publish fails instead.
   */
  readonly idempotency?: boolean;
  readonly fetch?: typeof fetch;
  readonly time?: Time;
}

export type QueueFiguresOfList = Reply<typeof listQueueFigures>['items'][number];

/** One namespace of Waybill. Keep one client for the whole process: connections are kept and shared. */
export class WaybillClient {
  readonly schedules: Schedules;
  readonly tasks: Tasks;
  readonly messageLog: MessageLog;
  private readonly data: Transport;
  private readonly retry: RetrySettings;
  private readonly control: { readonly topology: Topology; readonly subscriptions: Subscriptions } | undefined;

  constructor(private readonly options: ClientOptions) {
    this.retry = { ...usualRetry, ...options.retry };
    this.data = this.transportTo('url', options.url);
    this.schedules = new Schedules(this.data);
    this.tasks = new Tasks(this.data);
    this.messageLog = new MessageLog(this.data);
    const { controlUrl, namespace } = options;
    if (controlUrl === undefined || namespace === undefined) return;
    const control = this.transportTo('controlUrl', controlUrl);
    this.control = { topology: new Topology(control, namespace), subscriptions: new Subscriptions(control, namespace) };
  }

  exchange(name: string): Exchange {
    return new Exchange(this.data, name, this.options.idempotency ?? true);
  }

  queue(name: string): Queue {
    return new Queue(this.data, name, { idempotent: this.options.idempotency ?? true, retry: this.retry });
  }

  /** Figures of all queues by name. */
  queueFigures(): AsyncGenerator<QueueFiguresOfList, void, undefined> {
    return everyItem((after) => this.data.get('/v1/queues', { after }));
  }

  /** Definitions; throws when the client was made without `controlUrl` and `namespace`. */
  get topology(): Topology {
    if (this.control === undefined) throw new TypeError('topology needs the options controlUrl and namespace');
    return this.control.topology;
  }

  /** Pushing queues to destinations; throws when the client was made without `controlUrl` and `namespace`. */
  get subscriptions(): Subscriptions {
    if (this.control === undefined) throw new TypeError('subscriptions need the options controlUrl and namespace');
    return this.control.subscriptions;
  }

  private transportTo(option: string, url: string | undefined): Transport {
    const { key, fetch: given = fetch, time = systemTime } = this.options;
    if (url === undefined || !/^https?:\/\//.test(url)) throw new TypeError(`the option ${option} must be an address that begins with http:// or https://`);
    if (key === undefined || key === '') throw new TypeError('the option key is missing');
    return new Transport({ url, key, retry: this.retry, fetch: given, time });
  }
}
