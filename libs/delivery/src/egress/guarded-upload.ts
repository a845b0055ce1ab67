import type { Readable } from 'node:stream';
import { WaybillError } from '@waybill/kernel';
import { Client } from 'undici';
import { reasonOf } from './failure.js';
import type { EgressGuard } from './guard.js';
import { answerReadBytes } from './http-caller.js';
import { refusedAsProblem } from './open-egress.js';
import { refusalIn } from './refusal.js';

const connectTimeoutMs = 10_000;
/** The whole upload; a run's lease is longer (libs/billing/src/exports/export-runner.ts). */
const uploadTimeoutMs = 15 * 60_000;

export interface Upload {
  readonly url: URL;
  readonly method: 'PUT';
  /** With content-length: what the body does not fill is an error, and the connection is closed. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable;
}

/** Files to endpoints that a person chose: over the guard like every call, one connection a file, no redirect followed. */
export class GuardedUpload {
  constructor(private readonly guard: EgressGuard) {}

  /** Fails with `egress_refused`; of a name that does not resolve now, every upload decides. */
  async check(endpoint: string): Promise<void> {
    await refusedAsProblem('endpoint', async () => this.guard.addressesOf(this.guard.policy.url(endpoint).hostname));
  }

  /** Fails with `egress_refused`, `export_target_failed`. The answer is cut at 64 KiB. */
  readonly send = async ({ url, method, headers, body }: Upload): Promise<{ status: number; text: string }> => {
    const client = new Client(url.origin, { connect: this.guard.connector({ connectTimeoutMs }), pipelining: 1 });
    try {
      const answer = await client.request({ method, path: `${url.pathname}${url.search}`, headers: { ...headers }, body, headersTimeout: uploadTimeoutMs, bodyTimeout: connectTimeoutMs, signal: AbortSignal.timeout(uploadTimeoutMs) });
      let text = '';
      for await (const chunk of answer.body as AsyncIterable<Buffer>) {
        text += chunk.toString('latin1');
        if (text.length >= answerReadBytes) break;
      }
      return { status: answer.statusCode, text };
    } catch (error) {
      const refusal = refusalIn(error);
      if (refusal !== undefined) throw new WaybillError('egress_refused', { setting: 'endpoint', rule: refusal.reason, reason: refusal.detail }, { cause: error });
      throw new WaybillError('export_target_failed', { reason: `the endpoint could not be called (${reasonOf(error).replaceAll('_', ' ')}): check that it is right and answers` }, { cause: error });
    } finally {
      await client.destroy();
    }
  };
}
