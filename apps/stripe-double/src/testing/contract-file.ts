import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Contract data beside the project, where it is there; WAYBILL_STRIPE_CONTRACT names another place. */
export const contractFile = process.env['WAYBILL_STRIPE_CONTRACT'] ?? fileURLToPath(new URL('../../../../../shared/stripe/openapi.json', import.meta.url));
export const contractIsThere = existsSync(contractFile);
