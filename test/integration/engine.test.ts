/** The engine as a process: starting, serving recorded bytes, stopping, being killed, and what it leaves behind. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { EngineCommand } from '../../electron/practice-server/engine/engine-command.ts';
import { startEngine, type Engine } from '../../electron/practice-server/engine/engine-process.ts';
import { EngineSupply } from '../../electron/practice-server/engine/engine-supply.ts';
import { findEngine } from '../../electron/practice-server/engine/find-engine.ts';
import type { PeerEvents } from '../../electron/transport/child-process/out-of-process-peer.ts';
import { noEngine } from './practice.ts';

interface Fragment {
  readonly type: number;
  readonly text: string;
}

const POOL_STATE = 0x00021005;
const PIPELINE_OUTPUT = 0x00041004;
const PIPELINE_STATE = 0x00041006;

/** What an engine said, by target, read by hand: a 21-byte fragment header, a 40-byte message header, perhaps a mark, then text. */
class Ear implements PeerEvents {
  readonly heard: (Fragment & { psGuid: string | undefined })[] = [];
  readonly closed: (Error | undefined)[] = [];
  bytes = 0;

  onData(data: Uint8Array, psGuid: string | undefined): void {
    this.bytes += data.length;
    const view = Buffer.from(data);
    this.heard.push({
      psGuid,
      type: view.length >= 61 ? view.readUInt32LE(25) : 0,
      text: view.subarray(61).toString('utf8').replace('\uFEFF', ''),
    });
  }

  onClosed(error: Error | undefined): void {
    this.closed.push(error);
  }

  async hears(type: number, text: string): Promise<void> {
    const found = () => this.heard.find((each) => each.type === type && each.text.includes(text));
    await vi.waitUntil(found, { timeout: 20_000, interval: 5 });
  }
}

interface RecordedPacket {
  sender: string;
  action: string;
  stream: 'Default' | 'PromptResponse' | null;
  psGuid: string;
  line: string | null;
}

/** The client's side of a recorded session: PowerShell's own bytes, not ours. */
const recording = (
  JSON.parse(readFileSync(join(import.meta.dirname, '../vectors/psrp/oop-basic.json'), 'utf8')) as {
    packets: RecordedPacket[];
  }
).packets.filter((packet) => packet.sender === 'client' && packet.line !== null);
const payload = (packet: RecordedPacket | undefined): Buffer =>
  Buffer.from(packet?.line?.replace(/<[^>]*>/g, '') ?? '', 'base64');
const OPENING = payload(recording[0]);
const PIPELINE = recording[1]?.psGuid ?? '';
/** CREATE_PIPELINE of a script; the script is exchanged by the test. */
const CREATE = payload(recording[2]);

/** The recorded CREATE_PIPELINE with another script: only the lengths change with the text. */
function creating(script: string): Uint8Array {
  const text = CREATE.subarray(61).toString('utf8');
  const command = /(<S N="Cmd">)(.*?)(<\/S>)/s;
  expect(text).toMatch(command);
  const escaped = script.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const body = Buffer.from(
    text.replace(command, (_all, open, _old, close) => `${open}${escaped}${close}`),
    'utf8',
  );
  const header = Buffer.from(CREATE.subarray(0, 61));
  header.writeUInt32BE(40 + body.length, 17);
  return Buffer.concat([header, body]);
}

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
const gone = (pid: number) => vi.waitUntil(() => !alive(pid), { timeout: 10_000, interval: 10 });

describe.skipIf(noEngine !== undefined)('the engine', () => {
  let command: EngineCommand;
  const engines: Engine[] = [];

  beforeAll(async () => {
    command = await findEngine({ reducedModule: false });
  });
  afterEach(async () => {
    for (const engine of engines.splice(0)) {
      engine.kill();
      await gone(engine.pid);
    }
  });

  async function opened(ear: Ear): Promise<Engine> {
    const engine = await startEngine({ command }, ear);
    engines.push(engine);
    await engine.peer.sendData(OPENING, undefined, 'Default');
    await ear.hears(POOL_STATE, '<I32 N="RunspaceState">2</I32>');
    return engine;
  }

  async function running(engine: Engine, script: string): Promise<void> {
    await engine.peer.command(PIPELINE);
    await engine.peer.sendData(creating(script), PIPELINE, 'Default');
  }

  test('opens a pool and runs a pipeline for PowerShell’s own bytes', async () => {
    const ear = new Ear();
    const began = performance.now();
    const engine = await opened(ear);
    console.log(
      `The engine (${command.args[0]}) opened a pool ${Math.round(performance.now() - began)} ms after its start.`,
    );
    await running(engine, '6 * 7');
    await ear.hears(PIPELINE_OUTPUT, '<I32>42</I32>');
    await ear.hears(PIPELINE_STATE, '<I32 N="PipelineState">4</I32>');
    await engine.peer.closePipeline(PIPELINE);
    await engine.peer.close();
    await gone(engine.pid);
    await vi.waitFor(() => expect(ear.closed).toEqual([undefined]));
  });

  test('begins at home, with nothing of our environment that it does not need', async () => {
    vi.stubEnv('PSDECK_TEST_SECRET', 'hunter2');
    try {
      const ear = new Ear();
      const engine = await opened(ear);
      await running(engine, '"at:$($PWD.Path) secret:$env:PSDECK_TEST_SECRET path:$([bool]$env:PATH)"');
      await ear.hears(PIPELINE_OUTPUT, `at:${homedir()} secret: path:True`);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  test('a Signal stops an endless pipeline', async () => {
    const ear = new Ear();
    const engine = await opened(ear);
    await running(engine, '"go"; while ($true) { }');
    await ear.hears(PIPELINE_OUTPUT, 'go');
    await engine.peer.signal(PIPELINE);
    await ear.hears(PIPELINE_STATE, '<I32 N="PipelineState">3</I32>');
  });

  test('killed in the middle of a command, it says so once, and every wait ends', async () => {
    const ear = new Ear();
    const engine = await opened(ear);
    await running(engine, '"go"; while ($true) { }');
    await ear.hears(PIPELINE_OUTPUT, 'go');
    const waiting = engine.peer.command('11111111-2222-3333-4444-555555555555');
    engine.kill();
    await expect(Promise.all([waiting, engine.peer.signal(PIPELINE)])).rejects.toMatchObject({
      name: 'PeerGoneError',
    });
    await vi.waitFor(() => expect(ear.closed).toMatchObject([{ code: 'engine.ended' }]));
    expect(alive(engine.pid)).toBe(false);
  });

  test('5 MB come whole while the reader pauses again and again, and the engine waits meanwhile', async () => {
    const ear = new Ear();
    const engine = await opened(ear);
    let pauses = 0;
    const plain = ear.onData.bind(ear);
    let next = 500_000;
    ear.onData = (data, psGuid) => {
      plain(data, psGuid);
      if (ear.bytes < next) return;
      next += 500_000;
      pauses++;
      engine.peer.pause();
      const before = ear.bytes;
      setImmediate(() => {
        expect(ear.bytes).toBe(before);
        engine.peer.resume();
      });
    };
    await running(engine, 'foreach ($i in 1..520) { "{0:d3}" -f $i + "z" * 10240 }');
    await ear.hears(PIPELINE_STATE, '<I32 N="PipelineState">4</I32>');
    const lines = ear.heard
      .filter((each) => each.type === PIPELINE_OUTPUT)
      .map((each) => each.text.slice(3, 6));
    expect(lines).toEqual(Array.from({ length: 520 }, (_, at) => String(at + 1).padStart(3, '0')));
    expect(ear.bytes).toBeGreaterThan(5 * 1024 * 1024);
    expect(pauses).toBeGreaterThanOrEqual(10);
  });

  test('closing ends it even while a command runs that nothing stops', async () => {
    const ear = new Ear();
    const engine = await opened(ear);
    // A finally block runs to its end before a pipeline is stopped.
    await running(engine, 'try { "go"; while ($true) { } } finally { [Threading.Thread]::Sleep(60000) }');
    await ear.hears(PIPELINE_OUTPUT, 'go');
    await engine.peer.close();
    await gone(engine.pid);
    await vi.waitFor(() => expect(ear.closed).toEqual([undefined]));
  });

  test.skipIf(process.platform === 'win32')('what it started ends with it', async () => {
    const ear = new Ear();
    const engine = await opened(ear);
    await running(
      engine,
      '$child = [Diagnostics.Process]::Start("/bin/sleep", "600"); "child:$($child.Id)"; $child.WaitForExit()',
    );
    await vi.waitUntil(() => /child:\d+/.exec(ear.heard.map((each) => each.text).join(' ')), {
      timeout: 20_000,
    });
    const child = Number(/child:(\d+)/.exec(ear.heard.map((each) => each.text).join(' '))?.[1]);
    expect(alive(child)).toBe(true);
    engine.kill();
    await gone(engine.pid);
    await gone(child);
  });

  test('it does not outlive us, however we end', async () => {
    // A process that starts an engine and is killed without a chance to say good-bye.
    const script = `
      import { startEngine } from ${JSON.stringify(join(import.meta.dirname, '../../electron/practice-server/engine/engine-process.ts'))};
      const engine = await startEngine({ command: ${JSON.stringify(command)} }, { onData() {}, onClosed() {} });
      console.log(engine.pid);
      process.kill(process.pid, 'SIGKILL');`;
    const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
    const output = await run.catch((error: unknown) => error as { stdout: string });
    const pid = Number(output.stdout);
    expect(pid).toBeGreaterThan(0);
    await gone(pid);
  });

  test('an engine that cannot be started says what was tried', async () => {
    const missing = { ...command, file: join(homedir(), 'no-such-program') };
    await expect(startEngine({ command: missing }, new Ear())).rejects.toMatchObject({
      code: 'engine.start-failed',
      message: expect.stringContaining('no-such-program') as string,
    });
  });

  describe('kept ahead', () => {
    test('the spare is handed out, another takes its place, and closing ends all', async () => {
      const supply = new EngineSupply({ command }, true);
      try {
        const ears = [new Ear(), new Ear()] as const;
        await supply.ready();
        const first = await supply.take(ears[0]);
        const second = await supply.take(ears[1]);
        expect(first.pid).not.toBe(second.pid);
        await first.peer.sendData(OPENING, undefined, 'Default');
        await ears[0].hears(POOL_STATE, '<I32 N="RunspaceState">2</I32>');
        await supply.close();
        expect(alive(first.pid) || alive(second.pid)).toBe(false);
        await vi.waitFor(() => expect([...ears[0].closed, ...ears[1].closed]).toHaveLength(2));
      } finally {
        await supply.close();
      }
    });

    test('a spare that died while it waited is not handed out', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'psdeck-spare-'));
      const note = join(folder, 'pid');
      // Dies where it is to be kept warm, and is the engine otherwise.
      const wrapper = `
        const { spawn } = require('node:child_process');
        if (process.argv.includes('--warm')) { require('node:fs').writeFileSync(${JSON.stringify(note)}, String(process.pid)); process.exit(7); }
        spawn(${JSON.stringify(command.file)}, ${JSON.stringify(command.args)}, { stdio: 'inherit' });`;
      const fragile = {
        ...command,
        file: process.execPath,
        args: ['-e', wrapper, '--'],
        warmArgs: ['--warm'],
      };
      const supply = new EngineSupply({ command: fragile }, true);
      try {
        const pid = await vi.waitUntil(() => existsSync(note) && Number(readFileSync(note, 'utf8')), {
          timeout: 10_000,
        });
        await gone(pid);
        const ear = new Ear();
        const engine = await supply.take(ear);
        await engine.peer.sendData(OPENING, undefined, 'Default');
        await ear.hears(POOL_STATE, '<I32 N="RunspaceState">2</I32>');
        expect(ear.closed).toEqual([]);
      } finally {
        await supply.close();
        await rm(folder, { recursive: true, force: true });
      }
      await expect(supply.take(new Ear())).rejects.toThrow('closed');
    });
  });
});
