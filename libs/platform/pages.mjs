// Writes .env.example and docs/configuration.md anew from the settings. Run after `npm run build`.
import { writeFileSync } from 'node:fs';
import { configurationPage, envExample } from './dist/config-page.js';
import { settings } from './dist/config.js';

const root = new URL('../../', import.meta.url);
writeFileSync(new URL('.env.example', root), envExample(settings));
writeFileSync(new URL('docs/configuration.md', root), configurationPage(settings));
