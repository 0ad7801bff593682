/** A program of the lab: what it prints line by line, and an end by closing its input, else by its own id. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

export interface Program {
  /** The first line, printed already or to come, for which `wanted` is true. Rejects when the program ends before. */
  line(wanted: (line: string) => boolean): Promise<string>;
  /** Every line so far that nobody consumed. */
  readonly lines: readonly string[];
  write(text: string): void;
  /** Rejects when it ends, however that comes. */
  readonly ended: Promise<never>;
  /** Closes its input and waits for its end; what does not end by that is killed. */
  stop(): Promise<void>;
}

/** Far above what any of them needs to notice the end of its input, on any machine. */
const END_MS = 10_000;

interface Watcher {
  readonly wanted: (line: string) => boolean;
  readonly resolve: (line: string) => void;
  readonly reject: (error: Error) => void;
}

export function start(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  /** Sees every line first, and says whether it is done with it. */
  consume: (line: string) => boolean = () => false,
): Program {
  const child: ChildProcessByStdio<Writable, Readable, Readable> = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const watchers = new Set<Watcher>();
  let ended: Error | undefined;
  const onLine = (line: string): void => {
    if (consume(line)) return;
    lines.push(line);
    for (const watcher of watchers) {
      if (!watcher.wanted(line)) continue;
      watchers.delete(watcher);
      watcher.resolve(line);
    }
  };
  createInterface({ input: child.stdout }).on('line', onLine);
  createInterface({ input: child.stderr }).on('line', onLine);
  // Writing to what has ended already; `ended` says so.
  child.stdin.on('error', () => undefined);
  let sayEnded: (why: Error) => void = () => undefined;
  const whenEnded = new Promise<never>((_, reject) => {
    sayEnded = reject;
  });
  whenEnded.catch(() => undefined);
  const closed = new Promise<void>((resolve) => {
    const end = (why: string): void => {
      ended ??= new Error(`${command} ${args[0] ?? ''}: ${why}\n${lines.slice(-20).join('\n')}`);
      for (const watcher of watchers) watcher.reject(ended);
      watchers.clear();
      sayEnded(ended);
      resolve();
    };
    child.once('error', (error) => end(error.message));
    child.once('close', (code, signal) => end(`ended with ${String(code ?? signal)}`));
  });
  return {
    lines,
    ended: whenEnded,
    line(wanted) {
      const already = lines.find(wanted);
      if (already !== undefined) return Promise.resolve(already);
      if (ended !== undefined) return Promise.reject(ended);
      return new Promise((resolve, reject) => watchers.add({ wanted, resolve, reject }));
    },
    write: (text) => void child.stdin.write(text),
    async stop() {
      child.stdin.end();
      const timer = setTimeout(() => child.kill('SIGKILL'), END_MS);
      await closed;
      clearTimeout(timer);
    },
  };
}

/** Runs a program to its end, with something to read. Rejects where it fails, with what it said. */
export async function runToEnd(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  input = '',
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stdin.on('error', () => undefined);
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(output);
      else
        reject(new Error(`${command} ${args[0] ?? ''} ended with ${String(code)}: ${output.slice(-1000)}`));
    });
    child.stdin.end(input);
  });
}
