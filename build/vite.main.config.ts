import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vite';

const root = join(import.meta.dirname, '..');
/** The engine's C# sources and commands, which are found beside the module that builds it. */
const engine = join('electron', 'practice-server', 'engine');

/**
 * The main process, for Electron's Node: a file for each source, in the sources' own layout, so that what is found beside a module is found.
 * Packages stay outside: they are loaded from node_modules.
 */
export default defineConfig({
  root,
  publicDir: false,
  plugins: [
    {
      name: 'engine-sources',
      writeBundle({ dir }) {
        if (dir === undefined) return;
        const source = join(root, engine);
        cpSync(source, join(dir, engine), {
          recursive: true,
          filter: (path) =>
            !path.endsWith('.ts') && !/[\\/](bin|obj)([\\/]|$)/.test(path.slice(source.length)),
        });
      },
    },
  ],
  build: {
    ssr: join(root, 'electron', 'shell', 'main.ts'),
    outDir: join(root, 'dist', 'electron'),
    emptyOutDir: true,
    target: 'node24',
    minify: false,
    rolldownOptions: {
      external: (id) => !id.startsWith('.') && !/^([A-Za-z]:)?[\\/]/.test(id),
      output: {
        format: 'es',
        preserveModules: true,
        preserveModulesRoot: root,
        entryFileNames: '[name].js',
      },
    },
  },
});
