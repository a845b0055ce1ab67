import { WaybillClient } from '@waybill/client';
import type { Command } from 'commander';
import type { Environment } from './environment.js';
import { UsageError } from './failure.js';
import { Output } from './output.js';
import type { Terminal } from './output.js';
import { Profiles } from './profiles.js';

/** Options that every command takes. */
export interface GlobalOptions {
  readonly profile?: string;
  readonly url?: string;
  readonly key?: string;
  readonly controlUrl?: string;
  readonly namespace?: string;
  readonly json?: boolean;
}

/** The world around one run of the command. */
export interface Surroundings {
  readonly environment: Environment;
  readonly terminal: Terminal;
  /** Aborts at Ctrl-C. */
  readonly signal: AbortSignal;
  readonly version: string;
}

/** What a command works with. */
export class Context {
  readonly out: Output;
  readonly profiles: Profiles;

  constructor(readonly surroundings: Surroundings, private readonly options: GlobalOptions) {
    this.out = new Output(surroundings.terminal, options.json ?? false);
    this.profiles = new Profiles(surroundings.environment.profileFile);
  }

  get signal(): AbortSignal {
    return this.surroundings.signal;
  }

  get terminal(): Terminal {
    return this.surroundings.terminal;
  }

  /** Options win over the environment, the environment over the profile. */
  client(): WaybillClient {
    const { environment } = this.surroundings;
    const { options } = this;
    const wanted = options.profile ?? environment.profile;
    const complete = (options.url ?? environment.url) !== undefined && (options.key ?? environment.key) !== undefined;
    const profile = wanted === undefined && complete ? undefined : this.profiles.find(wanted);
    const pick = (name: 'url' | 'key' | 'controlUrl' | 'namespace') => options[name] ?? environment[name] ?? profile?.[name];
    const url = pick('url');
    const key = pick('key');
    if (url === undefined || key === undefined) throw new UsageError('Nobody is logged in: run waybill login, or set WAYBILL_URL and WAYBILL_KEY.');
    if (!/^https?:\/\//.test(url)) throw new UsageError(`The address "${url}" must begin with http:// or https://.`);
    return new WaybillClient({ url, key, controlUrl: pick('controlUrl'), namespace: pick('namespace') });
  }

  /** A client that knows the control plane. */
  managing(): WaybillClient {
    const client = this.client();
    try {
      void client.topology;
    } catch {
      throw new UsageError('Definitions need the control plane: run waybill login --control-url, or set WAYBILL_CONTROL_URL and WAYBILL_NAMESPACE.');
    }
    return client;
  }
}

/** Adds a group of commands to the program. `run` gives an action its context and turns its errors into exit codes. */
export type AddCommands = (program: Command, run: Run) => void;
export type Run = <A extends unknown[]>(action: (context: Context, ...given: A) => Promise<void>) => (...given: A) => Promise<void>;
