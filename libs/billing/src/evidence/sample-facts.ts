import type { Caller } from '@waybill/kernel';
import type { ArchiveSampleStore, SealStore } from '@waybill/metering';
import type { FactCount, FactHour, FactPage, FactPlace, FactRows, FactSource } from './facts.js';

const mibBytes = 1_048_576n;
const cause = 'publish';

/** D9 of billing.md §4, written a second time on purpose. */
const mibOf = (bytes: bigint): bigint => bytes / mibBytes + (bytes % mibBytes === 0n ? 0n : 1n);

/** What was stored at the end of the hour, as it was measured. */
export class SampleFacts implements FactSource {
  readonly dimensions = ['mq_archive_mib_hours'] as const;

  constructor(
    private readonly samples: Pick<ArchiveSampleStore, 'read'>,
    private readonly marks: Pick<SealStore, 'bookedThrough'>,
  ) {}

  async count(hour: FactHour): Promise<FactCount> {
    const booked = await this.marks.bookedThrough(hour);
    const sample = await this.samples.read(hour);
    const units = new Map([...(sample?.bytes ?? [])].map(([resourceId, bytes]) => [`mq_archive_mib_hours|${cause}|${resourceId}`, mibOf(bytes)]));
    return { state: booked !== null && booked.archiveThroughMs > hour.hourMs ? 'counted' : 'open', units };
  }

  keeps(): Promise<boolean> {
    return Promise.resolve(true);
  }

  async rows({ tenantId }: Caller, { namespaceId, resourceId, hourMs }: FactPlace, { after }: FactPage): Promise<FactRows> {
    const sample = after === undefined ? await this.samples.read({ tenantId, namespaceId, hourMs }) : null;
    const bytes = sample?.bytes.get(resourceId);
    if (sample === null || bytes === undefined) return { items: [], next: null };
    return { items: [{ kind: 'sample', id: resourceId, atMs: sample.sampledAtMs, units: mibOf(bytes), cause, bytes }], next: null };
  }
}
