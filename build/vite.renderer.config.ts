import react from '@vitejs/plugin-react';
import { createLogger, defineConfig } from 'vite';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

// theme.js is served as it stands, on purpose: it must run before anything is drawn. Vite has a warning for that and no way to agree.
const logger = createLogger('warn');
const warn = logger.warn.bind(logger);
logger.warn = (message, options) => {
  if (!message.includes('theme.js')) warn(message, options);
};

export default defineConfig(({ command }) => {
  // Whoever builds, a test run among them, builds the product: React's development half would make it a quarter larger, and slower.
  if (command === 'build') process.env.NODE_ENV = 'production';
  return {
    root: join(root, 'renderer'),
    // Relative: the same files are served by the browser shell and by the native window's own scheme.
    base: './',
    plugins: react(),
    customLogger: logger,
    build: {
      outDir: join(root, 'dist', 'renderer'),
      emptyOutDir: true,
      // The engine of Electron 45; a browser older than that is not supported either.
      target: 'chrome140',
      // Nothing as data: URI: the content security policy lets fonts and scripts come from files only.
      assetsInlineLimit: 0,
      chunkSizeWarningLimit: 1500,
    },
  };
});
