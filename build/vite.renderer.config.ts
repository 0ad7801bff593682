import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

export default defineConfig({
  root: join(root, 'renderer'),
  // Relative: the same files are served by the browser shell and by the native window's own scheme.
  base: './',
  plugins: [react()],
  build: {
    outDir: join(root, 'dist', 'renderer'),
    emptyOutDir: true,
    // Nothing as data: URI: the content security policy lets fonts and scripts come from files only.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1500,
  },
});
