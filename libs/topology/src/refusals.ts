import { WaybillError } from '@waybill/kernel';

/** A setting that fits neither the kind nor the others. `reason` ends the sentence "Correct the setting x: …". */
export function settingInvalid(setting: string, reason: string): WaybillError {
  return new WaybillError('setting_invalid', { setting, reason }, { issues: [{ path: setting, message: reason }] });
}

/** NUL and unpaired surrogates fit no store. */
export const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed();

/** No message carries them: the gateway refuses them too. The tab is allowed, as in HTTP. */
const controlCharacter = /(?!\t)\p{Cc}/u;

/** Fails with `text_invalid`. */
export function requireText(field: string, text: string): void {
  if (text.isWellFormed() && !controlCharacter.test(text)) return;
  throw new WaybillError('text_invalid', { field }, { issues: [{ path: field, message: 'control characters and unpaired surrogates are not allowed' }] });
}
