/**
 * A TCP proxy that does harm by the byte: it cuts, resets, stalls and truncates connections at drawn offsets in either direction, refuses new
 * ones for a while, and answers in the server's place with what gateways answer. It knows nothing of what it carries, and alters nothing but its
 * own port in addresses, because a service that listens on loopback only answers to its own name.
 */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/** One harm, to one connection. */
export type Fault =
  /** Both sides are reset once so many bytes went in that direction: what came in behind them is gone. */
  | { readonly kind: 'reset'; readonly direction: Direction; readonly after: number }
  /** As a process that ends: what went before arrives, then the end. */
  | { readonly kind: 'truncate'; readonly direction: Direction; readonly after: number }
  /** Nothing goes on in that direction for so long, then all of it. */
  | { readonly kind: 'stall'; readonly direction: Direction; readonly after: number; readonly ms: number }
  /** The connection never reaches the server: something else answers the first request. */
  | { readonly kind: 'answer'; readonly with: keyof typeof ANSWERS };

export type Direction = 'up' | 'down';

function page(status: string, body: string, length = Buffer.byteLength(body)): string {
  return `HTTP/1.1 ${status}\r\nContent-Type: text/html\r\nContent-Length: ${String(length)}\r\nConnection: close\r\n\r\n${body}`;
}

const ANSWERS = {
  'bad-gateway': page('502 Bad Gateway', '<html><body>Bad Gateway</body></html>'),
  unavailable: page('503 Service Unavailable', '<html><body>Try later</body></html>'),
  'server-error': page('500 Internal Server Error', ''),
  html: page('200 OK', '<html><body>Welcome to the hotel</body></html>'),
  /** More is announced than comes. */
  'wrong-length': page('200 OK', '<html>', 4000),
} as const;

export class FaultProxy {
  readonly #target: number;
  readonly #server = createServer((client) => this.#accept(client));
  readonly #open = new Set<Socket>();
  /** What is done to the next connections, in order; undefined does nothing to one. */
  readonly #faults: (Fault | undefined)[] = [];
  #down = false;
  /** Connections that were made, and harms that were done. */
  readonly counts = { connections: 0, faults: 0 };
  /** Everything arrives so much later, in either direction: a round trip takes twice that. */
  delay = 0;

  private constructor(target: number) {
    this.#target = target;
  }

  static async start(target: number): Promise<FaultProxy> {
    for (;;) {
      const proxy = new FaultProxy(target);
      proxy.#server.listen(0, '127.0.0.1');
      // oxlint-disable-next-line no-await-in-loop
      await once(proxy.#server, 'listening');
      // As many digits as the target's, so that no length changes.
      if (String(proxy.port).length === String(target).length) return proxy;
      // oxlint-disable-next-line no-await-in-loop
      await proxy.close();
    }
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  plan(faults: readonly (Fault | undefined)[]): void {
    this.#faults.push(...faults);
  }

  /** Harms that wait for a connection still. */
  get waiting(): number {
    return this.#faults.length;
  }

  /** Every connection is reset, and new ones are until `up`. */
  down(): void {
    this.#down = true;
    this.cut();
  }

  up(): void {
    this.#down = false;
  }

  cut(): void {
    const sockets = [...this.#open];
    for (const socket of sockets) socket.resetAndDestroy();
  }

  /** No more harm to connections that come. */
  spare(): void {
    this.#faults.length = 0;
  }

  async close(): Promise<void> {
    this.spare();
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.cut();
    await closed;
  }

  #accept(client: Socket): void {
    this.counts.connections += 1;
    this.#keep(client);
    if (this.#down) {
      client.resetAndDestroy();
      return;
    }
    const fault = this.#faults.shift();
    if (fault) this.counts.faults += 1;
    if (fault?.kind === 'answer') {
      client.once('data', () => client.end(ANSWERS[fault.with]));
      return;
    }
    const server = connect(this.#target, '127.0.0.1');
    this.#keep(server);
    const end = (): void => {
      client.destroy();
      server.destroy();
    };
    client.once('close', () => this.#later(end));
    server.once('close', () => this.#later(end));
    this.#carry(client, server, fault?.direction === 'up' ? fault : undefined);
    this.#carry(server, client, fault?.direction === 'down' ? fault : undefined);
  }

  #keep(socket: Socket): void {
    this.#open.add(socket);
    socket.on('error', () => undefined); // it is closed after that, which is what counts
    socket.once('close', () => this.#open.delete(socket));
  }

  #carry(from: Socket, to: Socket, fault: Exclude<Fault, { kind: 'answer' }> | undefined): void {
    let passed = 0;
    const [ours, theirs] = [`127.0.0.1:${String(this.port)}`, `127.0.0.1:${String(this.#target)}`];
    from.on('data', (arrived: Buffer) => {
      const chunk = arrived.includes(ours)
        ? Buffer.from(arrived.toString('latin1').replaceAll(ours, theirs), 'latin1')
        : arrived;
      const before = passed;
      passed += chunk.length;
      if (!fault || passed <= fault.after || before > fault.after) {
        this.#later(() => {
          if (!to.write(chunk)) this.#waitFor(from, to);
        });
        return;
      }
      const part = chunk.subarray(0, fault.after - before);
      if (fault.kind === 'stall') {
        from.pause();
        to.write(part);
        setTimeout(() => {
          to.write(chunk.subarray(part.length));
          from.resume();
        }, fault.ms).unref();
      } else if (fault.kind === 'truncate') {
        to.end(part, () => from.destroy());
      } else {
        to.write(part, () => {
          from.resetAndDestroy();
          to.resetAndDestroy();
        });
      }
    });
    from.once('end', () => this.#later(() => to.end()));
  }

  #later(work: () => void): void {
    if (this.delay === 0) work();
    else setTimeout(work, this.delay);
  }

  #waitFor(from: Socket, to: Socket): void {
    from.pause();
    to.once('drain', () => from.resume());
  }
}

/** So many harms from dice: most of them early in a connection, where envelopes begin. */
export function drawFaults(
  dice: { between(low: number, high: number): number; pick<T>(from: readonly T[]): T },
  count: number,
): (Fault | undefined)[] {
  return Array.from({ length: count }, (): Fault | undefined => {
    const direction = dice.pick<Direction>(['up', 'down']);
    const after = dice.pick([dice.between(0, 400), dice.between(0, 3000), dice.between(0, 40_000)]);
    switch (dice.between(1, 6)) {
      case 1:
      case 2:
        return { kind: 'reset', direction, after };
      case 3:
        return { kind: 'truncate', direction, after };
      case 4:
        return { kind: 'stall', direction, after, ms: dice.between(50, 1500) };
      case 5:
        return {
          kind: 'answer',
          with: dice.pick(['bad-gateway', 'unavailable', 'server-error', 'html', 'wrong-length']),
        };
      default:
        return undefined;
    }
  });
}
