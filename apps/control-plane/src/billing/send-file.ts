import { StreamableFile } from '@nestjs/common';
import type { Spooled } from '@waybill/billing';

/** Sends a whole file with its length: what breaks off on the way is shorter than it says. The contract knows its bytes as its reply. */
export function sendFile<Reply>(file: Spooled, type: string, name?: string): Reply {
  return new StreamableFile(file.read(), { type, length: file.bytes, ...(name === undefined ? {} : { disposition: `attachment; filename="${name}"` }) }) as unknown as Reply;
}
