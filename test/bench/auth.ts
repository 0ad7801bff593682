/**
 * Signing in and sealing: what a log-on takes, and how fast bodies are sealed and unsealed, beside the same bodies over plain HTTPS. A
 * mechanism is added by an entry in auth-mechanisms.ts.
 */
import { generate } from 'selfsigned';
import { createBasicAuthenticator } from '../../electron/protocol/auth/basic.ts';
import { WinRmHttpClient } from '../../electron/transport/winrm-http/client.ts';
import { listen, type Listener } from '../../electron/transport/winrm-http/listener.ts';
import type { Figure } from './main.ts';
import { MECHANISMS, PASSWORD, USER, type MechanismBench } from './auth-mechanisms.ts';
import { quantile, times } from './remoting-measure.ts';

const KB = 1024;
const SIZES = [
  { name: '1 kB', bytes: KB, aim: '>= 40' },
  { name: '16 kB', bytes: 16 * KB, aim: '>= 180' },
  { name: '150 kB', bytes: 150 * KB, aim: '>= 180' },
  { name: '1 MB', bytes: 1024 * KB, aim: '>= 180' },
] as const;

/** Long enough for a clock, short enough to be done many times. */
const BATCH_BYTES = 4 * 1024 * KB;
const BATCHES = 12;
const LOG_ONS = 40;
const ROUND_TRIPS = 60;

function body(bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => 32 + ((i * 7) % 90));
}

/** The best of some batches, in MB/s. */
async function sealing(mechanism: MechanismBench): Promise<Figure[]> {
  const figures: Figure[] = [];
  const session = await mechanism.session();
  for (const { name, bytes, aim } of SIZES) {
    const plain = body(bytes);
    const count = Math.ceil(BATCH_BYTES / bytes);
    let seal = 0;
    let unseal = 0;
    for (let batch = 0; batch < BATCHES; batch++) {
      const sealed = [];
      const began = performance.now();
      // oxlint-disable-next-line no-await-in-loop -- one after the other, as the numbers of messages demand
      for (let i = 0; i < count; i++) sealed.push(await session.seal(plain));
      const between = performance.now();
      for (const one of sealed) {
        // oxlint-disable-next-line no-await-in-loop
        const back = await session.unseal(one.contentType, one.body);
        if (back.length !== plain.length) throw new Error('another length');
      }
      const ended = performance.now();
      seal = Math.max(seal, (bytes * count) / 1e3 / (between - began));
      unseal = Math.max(unseal, (bytes * count) / 1e3 / (ended - between));
    }
    const wanted = mechanism.name === 'NTLM' ? { aim } : {};
    figures.push(
      { name: `auth: ${mechanism.name} seals ${name}`, value: seal, unit: 'MB/s', ...wanted },
      { name: `auth: ${mechanism.name} unseals ${name}`, value: unseal, unit: 'MB/s', ...wanted },
    );
  }
  session.close();
  return figures;
}

/** Whole requests that are echoed: every byte is sealed, sent and unsealed twice. */
async function roundTrips(name: string, makeClient: () => WinRmHttpClient): Promise<Figure[]> {
  const client = makeClient();
  const figures: Figure[] = [];
  try {
    for (const { name: size, bytes } of SIZES) {
      const text = Buffer.from(body(bytes)).toString('latin1');
      const post = () => client.post(text, { timeoutMs: 60_000 });
      // oxlint-disable-next-line no-await-in-loop
      await times(5, post);
      // oxlint-disable-next-line no-await-in-loop
      const took = await times(ROUND_TRIPS, post);
      figures.push({
        name: `auth: ${name}, ${size} there and back`,
        value: (2 * bytes) / 1e3 / quantile(took, 0.5),
        unit: 'MB/s',
      });
    }
    return figures;
  } finally {
    client.close();
  }
}

/** From nothing to the first answer, connection included. */
async function logOn(name: string, makeClient: () => WinRmHttpClient): Promise<Figure> {
  const once = async (): Promise<void> => {
    const client = makeClient();
    try {
      await client.post('<a/>', { timeoutMs: 60_000 });
    } finally {
      client.close();
    }
  };
  await times(5, once);
  return {
    name: `auth: log-on, ${name}`,
    value: quantile(await times(LOG_ONS, once), 0.5),
    unit: 'ms',
  };
}

export async function run(): Promise<Figure[]> {
  const pems = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
    ],
  });
  const tls: Listener = await listen({
    tls: { key: pems.private, cert: pems.cert },
    verify: (user, password) => user === USER && password === PASSWORD,
    handle: (request) => Promise.resolve({ status: 200, body: request.body }),
  });
  const overTls = () =>
    new WinRmHttpClient({
      host: '127.0.0.1',
      port: tls.port,
      https: true,
      tls: { ca: pems.cert },
      auth: () => createBasicAuthenticator(USER, PASSWORD),
    });
  const figures: Figure[] = [];
  try {
    for (const mechanism of MECHANISMS) {
      const missing = mechanism.unavailable?.();
      if (missing !== undefined) {
        process.stderr.write(`Left out ${mechanism.name}: ${missing}\n`);
        continue;
      }
      // oxlint-disable-next-line no-await-in-loop -- two measurements at a time are none
      figures.push(...(await sealing(mechanism)));
      // oxlint-disable-next-line no-await-in-loop
      const server = await mechanism.serve();
      try {
        // oxlint-disable-next-line no-await-in-loop
        figures.push(...(await roundTrips(mechanism.name, server.client)));
        // oxlint-disable-next-line no-await-in-loop
        figures.push(await logOn(mechanism.name, server.client));
      } finally {
        // oxlint-disable-next-line no-await-in-loop
        await server.close();
      }
    }
    figures.push(...(await roundTrips('plain HTTPS', overTls)));
    figures.push(await logOn('Basic over HTTPS', overTls));
    return figures;
  } finally {
    await tls.close();
  }
}
