import type { Database } from '@waybill/database';
import type { MessageLogReader } from '@waybill/message-log';
import { ArchiveSampleStore, LifetimeStore, SealStore } from '@waybill/metering';
import type { CallLog } from './attempt-facts.js';
import { AttemptFacts } from './attempt-facts.js';
import { EvidenceStore } from './evidence.store.js';
import { Facts } from './facts.js';
import { LifetimeFacts } from './lifetime-facts.js';
import { LogFacts } from './log-facts.js';
import { SampleFacts } from './sample-facts.js';

/** What every dimension that is billed is counted again from. */
export function openFacts({ database, log, calls }: { readonly database: Database; readonly log: Pick<MessageLogReader, 'counted' | 'storedUntilMs'>; readonly calls: CallLog }): Facts {
  const marks = new SealStore(database);
  return new Facts(
    [new LogFacts(log), new AttemptFacts(calls), new LifetimeFacts(new LifetimeStore(database), marks), new SampleFacts(new ArchiveSampleStore(database), marks)],
    new EvidenceStore(database),
  );
}
