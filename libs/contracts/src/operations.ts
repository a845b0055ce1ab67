import * as attempts from './attempts.js';
import * as document from './document.js';
import * as finance from './finance.js';
import * as financeExports from './finance-exports.js';
import * as identity from './identity.js';
import * as billing from './billing.js';
import * as consuming from './consuming.js';
import * as inbound from './inbound.js';
import * as messageLog from './message-log.js';
import * as namespaces from './namespaces.js';
import * as operating from './operating.js';
import type { Operation } from './operation.js';
import * as payments from './payments.js';
import * as portal from './portal.js';
import * as publishing from './publishing.js';
import * as recipients from './recipients.js';
import * as schedules from './schedules.js';
import * as sources from './sources.js';
import * as subscriptions from './subscriptions.js';
import * as topology from './topology.js';
import * as usage from './usage.js';

/** Every operation a contract file exports, in the order the document shows them. */
function operationsOf(room: object): Operation[] {
  return Object.values(room).filter((value: unknown): value is Operation => typeof value === 'object' && value !== null && 'method' in value && 'path' in value);
}

/** Every call of the control plane. */
export const controlOperations: readonly Operation[] = [identity, namespaces, topology, subscriptions, recipients, attempts, sources, portal, usage, billing, finance, financeExports, payments, document].flatMap(operationsOf);

/** Every call of the gateway. */
export const dataOperations: readonly Operation[] = [publishing, consuming, operating, schedules, messageLog, inbound].flatMap(operationsOf);
