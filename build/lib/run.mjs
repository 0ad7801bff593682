import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { modules, root } from './paths.mjs';

/** The environment with the project's own programs, its Node among them, first on PATH. */
export function environment(more = {}) {
  const name = Object.keys(process.env).find((each) => each.toUpperCase() === 'PATH') ?? 'PATH';
  const path = [join(modules, '.bin'), process.env[name] ?? ''].filter((each) => each !== '').join(delimiter);
  return { ...process.env, ...more, [name]: path };
}

/**
 * Runs a program to its end.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ stdio?: 'inherit' | 'pipe', env?: object, timeoutMs?: number, cwd?: string }} options
 * @returns {Promise<{ code: number, output: string, missing: boolean }>} `code` is 1 where it was ended by a signal
 */
export function run(program, args, options = {}) {
  // npm and what npm installs are .cmd files on Windows, which only a shell starts; a program given by its path is not.
  const shell = process.platform === 'win32' && !/[\\/]/.test(program);
  return new Promise((resolve) => {
    let output = '';
    // With a shell, arguments are one text; none of ours holds a quote.
    const command = [program, ...args].map((each) => (/\s/.test(each) ? `"${each}"` : each)).join(' ');
    const child = spawn(shell ? command : program, shell ? [] : args, {
      cwd: options.cwd ?? root,
      env: environment(options.env),
      stdio: options.stdio === 'pipe' ? ['ignore', 'pipe', 'pipe'] : 'inherit',
      shell,
    });
    const timer =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(() => child.kill('SIGKILL'), options.timeoutMs);
    const take = (piece) => {
      output = (output + piece).slice(-100_000);
    };
    child.stdout?.setEncoding('utf8').on('data', take);
    child.stderr?.setEncoding('utf8').on('data', take);
    child.once('error', (/** @type {NodeJS.ErrnoException} */ error) => {
      clearTimeout(timer);
      resolve({ code: 1, output: error.message, missing: error.code === 'ENOENT' });
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? 1, output, missing: false });
    });
  });
}

/**
 * The file of a program on PATH, or undefined.
 * @param {readonly string[]} names
 */
export function which(names) {
  const extensions = process.platform === 'win32' ? ['.exe', '.cmd', ''] : [''];
  for (const name of names) {
    for (const folder of (process.env.PATH ?? process.env.Path ?? '').split(delimiter)) {
      if (folder === '') continue;
      for (const extension of extensions) {
        const file = join(folder, name + extension);
        if (existsSync(file)) return file;
      }
    }
  }
  return undefined;
}
