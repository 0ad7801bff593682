/** The reference: the engine at the end of its pipes, spoken to with as little as it takes; what it says is looked at only to see its end. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { EngineCommand } from '../../electron/practice-server/engine/engine-command.ts';
import { LineDecoder } from '../../electron/protocol/out-of-process/line-decoder.ts';
import { decodeLine, encodePacket, POOL_GUID } from '../../electron/protocol/out-of-process/packet.ts';
import { MessageType } from '../../electron/protocol/psrp/message.ts';
import { ClientRunspacePool } from '../../electron/protocol/psrp/runspace-pool.ts';

const FRAGMENT_BYTES = 32 * 1024;

/** A PIPELINE_STATE is one short line; the last of what came is where it stands. */
const TAIL_BYTES = 4096;

export class RawEngine {
  readonly #child: ChildProcess & {
    stdin: NonNullable<ChildProcess['stdin']>;
    stdout: NonNullable<ChildProcess['stdout']>;
  };
  readonly #pool = new ClientRunspacePool({ id: randomUUID(), newGuid: randomUUID });

  private constructor(command: EngineCommand) {
    this.#child = spawn(command.file, command.args, { stdio: ['pipe', 'pipe', 'ignore'] });
  }

  /** Started and Opened. */
  static async open(command: EngineCommand): Promise<RawEngine> {
    const engine = new RawEngine(command);
    const decoder = new LineDecoder();
    const opened = new Promise<void>((resolve) => {
      const onData = (bytes: Buffer): void => {
        for (const line of decoder.push(bytes)) {
          if (line.kind === 'Data') engine.#pool.receive(line.data, undefined);
        }
        if (engine.#pool.state !== 'Opened') return;
        engine.#child.stdout.off('data', onData);
        resolve();
      };
      engine.#child.stdout.on('data', onData);
    });
    engine.#pool.open();
    engine.#send(undefined);
    await opened;
    return engine;
  }

  #send(pipelineId: string | undefined): void {
    const data = this.#pool.takeOutgoing(() => FRAGMENT_BYTES)?.data ?? new Uint8Array();
    const psGuid = pipelineId ?? POOL_GUID;
    this.#child.stdin.write(encodePacket({ kind: 'Data', psGuid, stream: 'Default', data }));
  }

  /** From the request to the pipeline's end, everything between thrown away. */
  async run(script: string): Promise<{ milliseconds: number; bytes: number }> {
    const { id } = this.#pool.createPipeline({ commands: [{ text: script, isScript: true }] });
    const began = performance.now();
    this.#child.stdin.write(encodePacket({ kind: 'Command', psGuid: id }));
    await this.#until((tail) => tail.includes('<CommandAck'));
    this.#send(id);
    const bytes = await this.#until(hasPipelineState);
    const milliseconds = performance.now() - began;
    this.#child.stdin.write(encodePacket({ kind: 'Close', psGuid: id }));
    await this.#until((tail) => tail.includes('<CloseAck'));
    return { milliseconds, bytes };
  }

  /** Resolves with how much came. */
  #until(seen: (tail: string) => boolean): Promise<number> {
    return new Promise((resolve) => {
      let bytes = 0;
      let rest: Buffer = Buffer.alloc(0);
      const onData = (chunk: Buffer): void => {
        bytes += chunk.length;
        // A line may come in two chunks.
        const whole = chunk.length >= TAIL_BYTES ? chunk : Buffer.concat([rest, chunk]);
        rest = whole.subarray(-TAIL_BYTES);
        if (!seen(rest.toString('latin1'))) return;
        this.#child.stdout.off('data', onData);
        resolve(bytes);
      };
      this.#child.stdout.on('data', onData);
    });
  }

  async close(): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}

/** Whether one of the whole lines is a packet that begins with a PIPELINE_STATE ([MS-PSRP] 2.2.1, 2.2.4). */
function hasPipelineState(tail: string): boolean {
  const lines = tail.split('\n').slice(0, -1);
  return lines.some((text) => {
    if (!text.startsWith('<Data ') || !text.endsWith('</Data>')) return false;
    const line = decodeLine(text);
    if (line?.kind !== 'Data' || line.data.length < 61) return false;
    return Buffer.from(line.data).readUInt32LE(25) === MessageType.PIPELINE_STATE;
  });
}
