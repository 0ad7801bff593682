/** `openssl s_server` as a service: what it receives is printed, and what it is told goes back over TLS. One connection after the other. */
import { spawn } from 'node:child_process';
import { OPENSSL } from './certificates.ts';

export interface SServer {
  readonly port: number;
  /** Everything it has printed. */
  output(): string;
  /** Resolves as soon as it has printed that. */
  printed(wanted: RegExp): Promise<void>;
  /** Types a line; alone on it, `R` renegotiates and asks for a certificate. */
  type(text: string): void;
  close(): Promise<void>;
}

export async function startSServer(args: readonly string[]): Promise<SServer> {
  const child = spawn(OPENSSL, ['s_server', '-accept', '127.0.0.1:0', ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let output = '';
  let ended = false;
  const watchers = new Set<() => void>();
  const onData = (chunk: Buffer): void => {
    output += chunk.toString('latin1');
    for (const watcher of watchers) watcher();
  };
  child.stdout.on('data', onData);
  child.stderr.on('data', onData);
  child.stdin.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => {
    child.once('close', () => {
      ended = true;
      for (const watcher of watchers) watcher();
      resolve();
    });
  });
  const printed = (wanted: RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const watch = (): void => {
        if (!wanted.test(output) && !ended) return;
        watchers.delete(watch);
        if (wanted.test(output)) resolve();
        else reject(new Error(`openssl s_server ended without ${String(wanted)}: ${output}`));
      };
      watchers.add(watch);
      watch();
    });
  await printed(/^ACCEPT \S+:\d+\r?$/m);
  return {
    port: Number(/^ACCEPT \S+:(\d+)\r?$/m.exec(output)?.[1]),
    output: () => output,
    printed,
    type: (text) => void child.stdin.write(text),
    async close() {
      child.kill('SIGKILL');
      await closed;
    },
  };
}
