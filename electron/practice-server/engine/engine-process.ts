/** A running engine: one process is one runspace pool. */
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { OutOfProcessPeer } from '../../transport/child-process/out-of-process-peer.ts';
import type { PeerEvents } from '../../transport/child-process/out-of-process-peer.ts';
import { EngineUnavailableError } from './engine-command.ts';
import type { EngineCommand } from './engine-command.ts';
import { killTree, plainEnvironment, Tail } from './tools.ts';

/** An engine whose input ended closes its runspaces and exits in some milliseconds, unless a command of its user holds it. */
const EXIT_GRACE_MS = 3_000;

export interface EngineOptions {
  readonly command: EngineCommand;
  /** Where the session begins; the user's home by default, so that the prompt is `PS /root> `. */
  readonly workingDirectory?: string;
  /** The session configuration that was asked for; where it is {@link RESTRICTED}, the engine is held to that. */
  readonly configurationName?: string | undefined;
}

/** An endpoint like those of Just Enough Administration, to see what a session there can and cannot do. */
const RESTRICTED = 'PSDeck.Restricted';

/** @throws EngineUnavailableError for a restricted session of an engine that cannot be restricted */
function configurationArgs({ command, configurationName }: EngineOptions): string[] {
  if (!isRestricted(configurationName)) return [];
  if (command.configurationOption === undefined) {
    throw new EngineUnavailableError(
      'engine.start-failed',
      `${RESTRICTED} needs PowerShell 7.3 or later; this is ${command.version}.`,
    );
  }
  return [command.configurationOption, join(import.meta.dirname, 'configurations', `${RESTRICTED}.pssc`)];
}

/** Whether sessions of that configuration may do less than others. */
export function isRestricted(configurationName: string | undefined): boolean {
  return configurationName?.toLowerCase() === RESTRICTED.toLowerCase();
}

export interface Engine {
  readonly peer: OutOfProcessPeer;
  readonly pid: number;
  /** End it at once, with everything it started. */
  kill(): void;
}

/** @throws EngineUnavailableError `engine.start-failed` */
export async function startEngine(options: EngineOptions, events: PeerEvents): Promise<Engine> {
  const engine = await EngineProcess.start(options, false);
  return engine.attach(events);
}

/** Every engine that runs: none outlives us. (Were we killed, their input would end, and they with it.) */
const running = new Set<EngineProcess>();
process.on('exit', () => {
  for (const engine of running) engine.kill();
});

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** An engine that is started but not yet listened to. */
export class EngineProcess {
  readonly #child: Child;
  readonly #stderr = new Tail();
  readonly #ended: Promise<{ exitCode: number | null; signal: string | null }>;
  #alive = true;
  #attached = false;

  static start(options: EngineOptions, warm: boolean): Promise<EngineProcess> {
    const { command } = options;
    return new Promise((resolve, reject) => {
      const args = [...command.args, ...configurationArgs(options), ...(warm ? command.warmArgs : [])];
      const child = spawn(command.file, args, {
        cwd: options.workingDirectory ?? homedir(),
        env: {
          ...plainEnvironment(),
          POWERSHELL_TELEMETRY_OPTOUT: '1',
          POWERSHELL_UPDATECHECK: 'Off',
          DOTNET_NOLOGO: '1',
        },
        stdio: ['pipe', 'pipe', 'pipe'],
        windowsHide: true,
        // A group of its own: Ctrl+C in the terminal that started us is not meant for it, and `kill` reaches what it started.
        detached: process.platform !== 'win32',
      });
      child.once('error', (error) =>
        reject(
          new EngineUnavailableError(
            'engine.start-failed',
            `The PowerShell engine did not start (${command.file}). Check that the file can be run.`,
            error.message,
          ),
        ),
      );
      child.once('spawn', () => resolve(new EngineProcess(child)));
    });
  }

  private constructor(child: Child) {
    this.#child = child;
    running.add(this);
    child.stderr.on('data', (chunk: Uint8Array) => this.#stderr.push(chunk));
    // Until a peer listens: a spare that dies must not take us with it.
    child.stdin.on('error', () => undefined);
    child.on('error', () => undefined);
    this.#ended = new Promise((resolve) => {
      child.once('exit', (exitCode, signal) => {
        this.#alive = false;
        running.delete(this);
        // What it started may still hold the pipes.
        this.kill();
        resolve({ exitCode, signal });
      });
    });
  }

  get alive(): boolean {
    return this.#alive;
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** Resolves when the process is gone. */
  get ended(): Promise<unknown> {
    return this.#ended;
  }

  kill(): void {
    // Windows has no groups: there a number whose process is gone may be somebody else's by now.
    if (this.#alive || process.platform !== 'win32') killTree(this.#child.pid);
  }

  attach(events: PeerEvents): Engine {
    if (this.#attached) throw new Error('An engine serves one session');
    this.#attached = true;
    const peer = new OutOfProcessPeer(this.#child.stdout, this.#child.stdin, {
      onData: (data, psGuid, stream) => events.onData(data, psGuid, stream),
      onText: (text) => events.onText?.(text),
      onClosed: (error) => void this.#finish(error, events),
    });
    return { peer, pid: this.pid, kill: () => this.kill() };
  }

  /** See the process out, then say why it went, where it went by itself. */
  async #finish(error: Error | undefined, events: PeerEvents): Promise<void> {
    const timer = setTimeout(() => this.kill(), EXIT_GRACE_MS);
    const { exitCode, signal } = await this.#ended;
    clearTimeout(timer);
    if (error === undefined) {
      events.onClosed(undefined);
      return;
    }
    const reason = new EngineUnavailableError(
      'engine.ended',
      `The PowerShell engine of this session ended (${signal === null ? `exit code ${exitCode}` : `signal ${signal}`}). ` +
        'The session is lost; open a new one.',
      [error.message, this.#stderr.text].filter((text) => text !== '').join('\n'),
    );
    events.onClosed(reason);
  }
}
