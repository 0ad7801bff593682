/** The reference: the engine at the end of its pipes, spoken to with as little as it takes; what it says is looked at only to see its end. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { EngineCommand } from '../../electron/practice-server/engine/engine-command.ts';
import { LineDecoder } from '../../electron/protocol/out-of-process/line-decoder.ts';
import { encodePacket, POOL_GUID } from '../../electron/protocol/out-of-process/packet.ts';
import { MessageType } from '../../electron/protocol/psrp/message.ts';
import { ClientRunspacePool } from '../../electron/protocol/psrp/runspace-pool.ts';

const FRAGMENT_BYTES = 32 * 1024;

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
    await this.#until((line) => line.startsWith('<CommandAck'));
    this.#send(id);
    const bytes = await this.#until(hasPipelineState);
    const milliseconds = performance.now() - began;
    this.#child.stdin.write(encodePacket({ kind: 'Close', psGuid: id }));
    await this.#until((line) => line.startsWith('<CloseAck'));
    return { milliseconds, bytes };
  }

  /** Resolves with how much came. */
  #until(seen: (line: string) => boolean): Promise<number> {
    return new Promise((resolve) => {
      let bytes = 0;
      let rest = '';
      const onData = (chunk: Buffer): void => {
        bytes += chunk.length;
        // Every line is looked at once, when it is whole.
        const lines = (rest + chunk.toString('latin1')).split('\n');
        rest = lines.pop() ?? '';
        if (!lines.some(seen)) return;
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

/** Where the type of a message stands in its first fragment ([MS-PSRP] 2.2.1, 2.2.4). */
const TYPE_AT = 21 + 4;

/** Whether a packet begins with a PIPELINE_STATE. Forty characters of base64 hold the fragment's header and the message's type. */
function hasPipelineState(line: string): boolean {
  if (!line.startsWith('<Data ')) return false;
  const begin = line.indexOf('>') + 1;
  const head = Buffer.from(line.slice(begin, begin + 40), 'base64');
  return head.length >= TYPE_AT + 4 && head.readUInt32LE(TYPE_AT) === MessageType.PIPELINE_STATE;
}
