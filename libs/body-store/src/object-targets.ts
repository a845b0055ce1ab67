import type { Readable } from 'node:stream';
import type { Secret } from '@waybill/kernel';
import { WaybillError } from '@waybill/kernel';
import { putObject } from './put-object.js';
import type { SendObject } from './put-object.js';
import { putFile } from './put-file.js';

/** A file of known length and digest, read once. */
export interface ObjectFile {
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
  read(): Readable;
  discard(): Promise<void>;
}

interface Place {
  readonly prefix: string;
}
type Target = (Place & { readonly kind: 'bucket'; readonly endpoint: string; readonly region: string; readonly bucket: string; readonly accessKeyId: string }) | (Place & { readonly kind: 'folder' });

export interface ObjectTargetsOptions {
  /** Makes the calls to buckets, and says beforehand whether an endpoint may be called: fails with `egress_refused`. */
  readonly egress: { check(endpoint: string): Promise<void>; send: SendObject };
  /** Below which files are written; none are without it. */
  readonly folder: string | undefined;
}

/** Files that a person has sent to a bucket or a folder of their choice: whole, or not at all. */
export class ObjectTargets {
  constructor(private readonly options: ObjectTargetsOptions) {}

  get folderAllowed(): boolean {
    return this.options.folder !== undefined;
  }

  /** Fails with `egress_refused`, `export_folder_refused`. */
  async check(target: Target): Promise<void> {
    if (target.kind === 'bucket') await this.options.egress.check(target.endpoint);
    else this.#folder();
  }

  /** Fails with `export_target_failed`, `egress_refused`, `export_folder_refused`; nothing that looks complete is left then. */
  async put(target: Target, secret: Secret | null, key: string, file: ObjectFile): Promise<void> {
    try {
      if (target.kind === 'folder') return await putFile(this.#folder(), key, file);
      if (secret === null) throw new WaybillError('export_secret_missing');
      const { endpoint, bucket, region, accessKeyId } = target;
      await putObject({ url: `${endpoint}/${bucket}`, region, accessKeyId, secretAccessKey: secret.reveal() }, key, file, this.options.egress.send);
    } finally {
      await file.discard();
    }
  }

  #folder(): string {
    if (this.options.folder === undefined) throw new WaybillError('export_folder_refused', { reason: 'this installation writes exports into no folder; have the operator set EXPORT_FOLDER, or choose a bucket' });
    return this.options.folder;
  }
}
