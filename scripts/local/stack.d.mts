/** One process of a stack. */
export interface ProcessHandle {
  readonly name: string;
  /** Throws when it is not running. */
  readonly pid: number;
  readonly running: boolean;
  readonly logFile: string;
  /** Resolves when the current run has ended. */
  readonly exited: Promise<{ code: number | null; signal: string | null }>;
  /** Sends the signal and waits for the end; default SIGKILL. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Sends a signal and does not wait: SIGSTOP, SIGCONT. */
  signal(signal: NodeJS.Signals): void;
  /** SIGTERM, then SIGKILL after 10 s. */
  stop(): Promise<void>;
  /** Starts it again with the same port and data and waits until it is ready. */
  restart(): Promise<unknown>;
  /** The last lines of its log, for the message of a failed test. */
  logTail(lines?: number): string;
}

export interface RunningApp {
  readonly url: string;
  readonly process: ProcessHandle;
}

export interface Stack {
  /** Also serves the console. */
  readonly controlPlane: RunningApp;
  readonly gateways: readonly RunningApp[];
  readonly worker: RunningApp | null;
  readonly redis: RunningApp;
  /** Null when the database is on a server given by `databaseServerUrl`. */
  readonly postgres: ProcessHandle | null;
  /** The stack's database as its owner, a superuser. */
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** The Stripe double of a demonstration; null without one. */
  readonly stripe: RunningApp | null;
  /** Starts one gateway more. */
  addGateway(): Promise<RunningApp>;
  /** Stops every process and deletes the data. Also happens when the starter dies, by kill -9 too. */
  stop(): Promise<void>;
}

export interface StackOptions {
  /** Default 1. */
  readonly gateways?: number;
  /** Default true. */
  readonly worker?: boolean;
  /** Superuser of a running server: the stack makes a database of its own there. Otherwise it starts a server. */
  readonly databaseServerUrl?: string | undefined;
  /** Settings for all apps, over the stack's own: `{ USAGE_DRAIN_SECONDS: '1' }`; '' takes one away. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Of Redis; default 1gb. */
  readonly maxMemory?: string;
  /** With a Stripe double and a clock that is moved by hand (scripts/demo); default false. */
  readonly demo?: boolean;
  /** The first ports to try; default: any that is free. */
  readonly ports?: { readonly controlPlane?: number; readonly gateway?: number; readonly worker?: number; readonly stripe?: number };
  /** Default: silence. */
  readonly log?: (line: string) => void;
}

/** A throw-away installation on free ports. The apps must be built (`nx run-many -t build`). */
export function startStack(options?: StackOptions): Promise<Stack>;

export interface LocalServicesOptions {
  readonly log?: (line: string) => void;
  /** Whether PostgreSQL waits for the disk; default false. Redis always does. */
  readonly durable?: boolean;
  /** Of Redis; default 1gb. */
  readonly maxMemory?: string;
}

/** Throw-away PostgreSQL and Redis alone; `databaseUrl` is the superuser's. */
export function startLocalServices(options?: LocalServicesOptions): Promise<{
  readonly databaseUrl: string;
  readonly redisUrl: string;
  stop(): Promise<void>;
}>;

/**
 * A RabbitMQ of its own, with its own node name, ports and folders, beside whatever runs on the machine. Throws when it
 * is not installed or does not start.
 */
export function startRabbit(): Promise<{
  readonly url: string;
  readonly version: string;
  readonly process: ProcessHandle;
  stop(): Promise<void>;
}>;
