import { homedir } from 'node:os';
import path from 'node:path';

/** What the command takes from its surroundings. */
export interface Environment {
  readonly url: string | undefined;
  readonly key: string | undefined;
  readonly controlUrl: string | undefined;
  readonly namespace: string | undefined;
  readonly profile: string | undefined;
  /** Where the profiles lie. */
  readonly profileFile: string;
}

/** An empty variable is one that is not set. */
const given = (value: string | undefined): string | undefined => (value === '' ? undefined : value);

export function environmentOf(variables: NodeJS.ProcessEnv = process.env): Environment {
  const configFolder = given(variables['XDG_CONFIG_HOME']) ?? path.join(given(variables['HOME']) ?? homedir(), '.config');
  return {
    url: given(variables['WAYBILL_URL']),
    key: given(variables['WAYBILL_KEY']),
    controlUrl: given(variables['WAYBILL_CONTROL_URL']),
    namespace: given(variables['WAYBILL_NAMESPACE']),
    profile: given(variables['WAYBILL_PROFILE']),
    profileFile: path.join(configFolder, 'waybill', 'profiles.json'),
  };
}
