import nx from '@nx/eslint-plugin';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

/** What each layer may import (DESIGN: parts). The tag stands in the package.json of the project. */
const layers = {
  kernel: [],
  contracts: ['kernel'],
  database: ['kernel'],
  testing: ['kernel', 'database'],
  broker: ['kernel', 'testing'],
  topology: ['kernel', 'broker', 'database', 'testing'],
  identity: ['kernel', 'database', 'testing'],
  metering: ['kernel', 'database', 'testing'],
  'message-log': ['kernel', 'broker', 'database', 'testing'],
  'body-store': ['kernel', 'testing'],
  delivery: ['kernel', 'broker', 'metering', 'database', 'testing'],
  billing: ['kernel', 'metering', 'message-log', 'identity', 'database', 'testing'],
  platform: ['kernel', 'contracts'],
  app: ['kernel', 'contracts', 'database', 'broker', 'topology', 'identity', 'message-log', 'metering', 'body-store', 'delivery', 'billing', 'platform', 'testing'],
  console: ['kernel', 'contracts'],
  client: ['contracts'],
  cli: ['client', 'contracts'],
  outside: ['house', 'client'],
  house: ['database', 'platform'],
};
const tag = (layer) => `layer:${layer}`;
const depConstraints = Object.entries(layers).map(([layer, below]) => ({
  sourceTag: tag(layer),
  onlyDependOnLibsWithTags: [layer, ...below].map(tag),
}));

/** The doors of the launcher: end-to-end tests and benchmark start throw-away installations through the one, and move the clock of a demonstration through the other. */
const startsWhatItTests = ['../../../scripts/local/stack.mjs', '../../../scripts/demo/*'];

const deepImport = { group: ['@waybill/*/*'], message: 'Import the package by its name: what its index does not export is internal.' };
const stores = {
  group: ['@waybill/database', '@prisma/*', 'pg', 'ioredis'],
  message: 'Inside libs only *.store.ts talks to PostgreSQL or Redis.',
};
const nest = { group: ['@nestjs/*', 'fastify', '@fastify/*', 'bullmq', 'passport', 'passport-*'], message: 'Nest and what it carries live in apps and libs/platform; other libs are plain TypeScript.' };
const kit = { group: ['@waybill/testing'], message: 'Only specs import what is made for specs.' };
const imports = (...patterns) => ({ 'no-restricted-imports': ['error', { patterns: [deepImport, ...patterns] }] });

const specs = ['**/*.spec.ts', '**/*.int-spec.ts', '**/*.e2e-spec.ts', '**/*.spec.tsx', '**/src/testing/**/*.ts', '**/test/**/*.ts', 'libs/testing/**/*.ts'];
const envMessage = 'Only libs/platform/src/config.ts reads the environment.';

export default tseslint.config(
  { ignores: ['**/dist', '**/test-results', '**/generated', '**/node_modules', '.nx', '.waybill', '**/*.gen.ts'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.{ts,tsx,mjs,js,d.mts}'],
    extends: [tseslint.configs.recommended],
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': ['error', { depConstraints, enforceBuildableLibDependency: false, allow: startsWhatItTests }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_' }],
      '@typescript-eslint/triple-slash-reference': ['error', { path: 'always' }],
      eqeqeq: ['error', 'always'],
      'max-lines': ['error', { max: 350 }],
      'no-restricted-syntax': ['error', { selector: 'TSEnumDeclaration', message: 'String unions, not enums.' }],
      ...imports(kit),
    },
  },
  {
    files: ['**/src/**/*.{ts,tsx}', 'scripts/house/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
    },
  },
  {
    files: ['libs/*/src/**/*.ts', 'apps/*/src/**/*.{ts,tsx}', 'prisma/src/**/*.ts'],
    ignores: [...specs, 'apps/e2e/**', 'apps/bench/**'],
    rules: {
      'no-console': 'error',
      'no-restricted-properties': ['error', { object: 'process', property: 'env', message: envMessage }],
      'no-restricted-syntax': [
        'error',
        { selector: 'TSEnumDeclaration', message: 'String unions, not enums.' },
        { selector: 'ImportDeclaration[source.value=/^(node:)?process$/]', message: envMessage },
      ],
    },
  },
  { files: ['libs/platform/src/config.ts', 'apps/cli/src/environment.ts'], rules: { 'no-restricted-properties': 'off', 'no-restricted-syntax': 'off' } },
  { files: ['libs/**/*.ts'], ignores: ['libs/platform/**'], rules: imports(stores, nest, kit) },
  { files: ['libs/platform/**/*.ts'], rules: imports(stores, kit) },
  { files: ['libs/**/*.store.ts'], rules: imports(nest, kit) },
  { files: ['libs/platform/**/*.store.ts'], rules: imports(kit) },
  { files: specs, rules: imports() },
  { files: specs.map((glob) => `libs/${glob}`), ignores: ['libs/platform/**'], rules: imports(nest) },
  {
    files: ['apps/console/**/*.{ts,tsx}'],
    plugins: { 'react-hooks': reactHooks },
    rules: { 'react-hooks/rules-of-hooks': 'error', 'react-hooks/exhaustive-deps': 'error' },
  },
);
