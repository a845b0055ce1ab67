import { fileURLToPath } from 'node:url';
import { mkdirSync, readFileSync } from 'node:fs';

const root = fileURLToPath(new URL('.', import.meta.url));
const { $schema: _schema, sourceMaps: _maps, ...swc } = JSON.parse(readFileSync(`${root}.swcrc`, 'utf8'));

// Jest does not make the folder of --outputFile.
mkdirSync('test-results', { recursive: true });

/** One configuration for every project; each runs it with its own folder as `--rootDir`. */
export default {
  testMatch: ['<rootDir>/src/**/*.spec.ts', '<rootDir>/src/**/*.int-spec.ts', '<rootDir>/src/**/*.e2e-spec.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', { ...swc, swcrc: false, sourceMaps: 'inline' }] },
  moduleNameMapper: {
    '^@waybill/database$': `${root}prisma/src/index.ts`,
    '^@waybill/(client|kernel|contracts|body-store|broker|topology|identity|delivery|billing|message-log|metering|platform|testing)$': `${root}libs/$1/src/index.ts`,
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  testTimeout: 60_000,
  maxWorkers: 2,
};
