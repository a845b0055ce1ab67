import { WaybillError } from '@waybill/kernel';
import { refusalIn } from '../egress/refusal.js';
import type { Sender } from '../destination.js';
import { withoutAnswer } from './answers.js';
import { NoMailServerError } from './mail/mail-sender.js';
import { MissingSecretError } from './missing-secret.js';

/**
 * Opens a destination; one that cannot be opened answers every call with the reason instead of throwing: the rules may have
 * become stricter since it was made, and its messages must stay where they are.
 */
export function openedOrRefusing(open: () => Sender): Sender {
  try {
    return open();
  } catch (error) {
    const answer = withoutAnswer(reasonOfOpening(error), 'refused');
    return { send: () => Promise.resolve(answer), close: () => Promise.resolve() };
  }
}

function reasonOfOpening(error: unknown): string {
  const refusal = refusalIn(error);
  if (refusal !== undefined) return refusal.reason;
  if (error instanceof MissingSecretError) return 'secret_missing';
  if (error instanceof NoMailServerError) return 'mail_not_configured';
  if (error instanceof WaybillError) return error.code;
  // A certificate or key that OpenSSL does not read.
  if (/^ERR_(OSSL|CRYPTO)/.test(String((error as NodeJS.ErrnoException).code))) return 'secret_invalid';
  throw error;
}
