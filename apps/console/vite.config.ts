import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const workspace = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/**
 * The kernel's ids, signed tokens and Secret need node; the contracts use none of them. In a build both fall out of the bundle; the dev
 * server shakes nothing out, so their imports must resolve to something. Another node import in the kernel fails the build.
 */
const nodeOfTheKernel: Plugin = {
  name: 'node-of-the-kernel',
  enforce: 'pre',
  resolveId: (id, importer) => (id.startsWith('node:') && importer?.includes('/libs/kernel/src/') ? `\0${id}` : null),
  load(id) {
    if (id === '\0node:crypto') return 'export function randomBytes() { throw new Error("Ids are made by the servers."); } export const createHmac = randomBytes, timingSafeEqual = randomBytes;';
    if (id === '\0node:util') return 'export const inspect = { custom: Symbol("inspect") };';
    return null;
  },
};

export default defineConfig({
  plugins: [nodeOfTheKernel, react()],
  resolve: {
    alias: {
      '@waybill/contracts': workspace('libs/contracts/src/index.ts'),
      '@waybill/kernel': workspace('libs/kernel/src/index.ts'),
    },
  },
  build: {
    target: 'es2023',
    rolldownOptions: {
      input: [workspace('apps/console/index.html'), workspace('apps/console/portal.html')],
      treeshake: { moduleSideEffects: [{ test: /libs\/(kernel|contracts)\/src\//, sideEffects: false }] },
      output: {
        // What changes rarely stays in the browser's cache across releases.
        codeSplitting: {
          groups: [
            { name: 'react', test: /node_modules\/(react|react-dom|scheduler)\// },
            { name: 'zod', test: /node_modules\/zod\// },
          ],
        },
      },
    },
  },
  server: {
    port: 5173,
    proxy: { '/api': process.env['WAYBILL_API_URL'] ?? 'http://127.0.0.1:3000' },
  },
});
