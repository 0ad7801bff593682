import { join } from 'node:path';
import { defineConfig } from 'vite';

const root = join(import.meta.dirname, '..');

/** The preload script. A sandboxed one may require nothing but Electron, and only as CommonJS: it is one file. Built after the main process. */
export default defineConfig({
  root,
  publicDir: false,
  build: {
    ssr: join(root, 'electron', 'shell', 'preload.ts'),
    outDir: join(root, 'dist', 'electron'),
    emptyOutDir: false,
    target: 'node24',
    minify: false,
    rolldownOptions: {
      external: ['electron'],
      output: { format: 'cjs', entryFileNames: 'preload.cjs', codeSplitting: false },
    },
  },
});
