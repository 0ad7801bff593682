/** What is fuzzed: for each target where its inputs come from, what reads them, and what must be true whatever they are. */
import { parseChallenges } from '../../electron/protocol/auth/challenge.ts';
import { deserialize, deserializeDocument } from '../../electron/protocol/clixml/deserialize.ts';
import { displayText } from '../../electron/protocol/clixml/display-text.ts';
import { toPlain } from '../../electron/protocol/clixml/plain.ts';
import { serialize } from '../../electron/protocol/clixml/serialize.ts';
import type { PsValue } from '../../electron/protocol/clixml/value.ts';
import { ProtocolError, UsageError } from '../../electron/protocol/errors.ts';
import { LineDecoder } from '../../electron/protocol/out-of-process/line-decoder.ts';
import { decodeBody } from '../../electron/protocol/psrp/codecs.ts';
import { Defragmenter } from '../../electron/protocol/psrp/fragment.ts';
import { decodeMessage } from '../../electron/protocol/psrp/message.ts';
import { decodeCommandResponse } from '../../electron/protocol/wsman/command.ts';
import { decodeConnectResponse } from '../../electron/protocol/wsman/connect.ts';
import { decodeCreateResponse } from '../../electron/protocol/wsman/create.ts';
import { decodeEnumerateResponse, decodePullResponse } from '../../electron/protocol/wsman/enumerate.ts';
import { readEnvelope } from '../../electron/protocol/wsman/envelope.ts';
import { faultIn, readAnswer, WsmanFault } from '../../electron/protocol/wsman/faults.ts';
import { decodeGetConfigResponse, decodeGetShellResponse } from '../../electron/protocol/wsman/get.ts';
import { decodePutConfigResponse } from '../../electron/protocol/wsman/put.ts';
import { decodeIdentifyResponse } from '../../electron/protocol/wsman/identify.ts';
import { ACTION } from '../../electron/protocol/wsman/names.ts';
import { decodeReceiveResponse } from '../../electron/protocol/wsman/receive.ts';
import { decodeRequest } from '../../electron/protocol/wsman/requests.ts';
import { parseXml } from '../../electron/protocol/xml/tree.ts';
import { XmlReader } from '../../electron/protocol/xml/reader.ts';
import { PIPELINE_ID, POOL_ID } from '../unit/protocol/psrp/endpoint.ts';
import { buildFragments } from '../vectors/psrp-vectors.ts';
import { clixmlTexts, httpAnswers, packetLines, psrpMessages, psrpPayloads, soapTexts } from './corpus.ts';
import { askHostileServer, isTransportError } from './http-server.ts';
import { inPieces, mutate } from './mutate.ts';
import { feedPool, POOL_NAMES, POOLS } from './pools.ts';
import { Random } from './random.ts';
import { SIGN_IN_TARGETS } from './sign-in.ts';

export interface Target {
  /** One sentence that is true of every input. */
  readonly invariant: string;
  make(random: Random): Uint8Array;
  /** Reads an input. The input alone decides what happens, so that a failing one can be kept as a file. */
  feed(input: Uint8Array): void | Promise<void>;
  /** Errors that are an answer and no failure. */
  accepts(error: unknown): boolean;
}

const isProtocolError = (error: unknown): boolean => error instanceof ProtocolError;

/** Runs each, and rethrows nothing that is a ProtocolError or a fault: one reader's refusal must not keep the next from its input. */
function each(readers: readonly (() => unknown)[]): void {
  for (const read of readers) {
    try {
      read();
    } catch (error) {
      if (!(error instanceof ProtocolError) && !(error instanceof WsmanFault)) throw error;
    }
  }
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

/** From the input itself, so that cuts can be repeated too. */
function seedOf(bytes: Uint8Array): number {
  let seed = bytes.length;
  for (let i = 0; i < Math.min(bytes.length, 64); i++) seed = (Math.imul(seed, 31) + (bytes[i] ?? 0)) >>> 0;
  return seed;
}

/** Everything the app does with a value it has read. */
function use(value: PsValue): void {
  displayText(value);
  toPlain(value);
  let written: string;
  try {
    written = serialize(value);
  } catch (error) {
    // Some values can be read and not be written: what .NET reads in a wider range than it prints.
    if (error instanceof UsageError && error.code.startsWith('clixml.')) return;
    throw error;
  }
  deserialize(written);
}

export const TARGETS: Readonly<Record<string, Target>> = {
  xml: {
    invariant:
      'Any text gives elements or a ProtocolError, never another exception, in time and memory that grow with its length at most.',
    make: (random) =>
      mutate(random, random.pick(random.chance(4) ? clixmlTexts() : soapTexts()), soapTexts()),
    feed(input) {
      const reader = new XmlReader(text(input));
      while (reader.next() !== 'eof');
      parseXml(text(input));
    },
    accepts: isProtocolError,
  },
  clixml: {
    invariant:
      'Any text gives values that can be shown, made plain and, where they can be written, read again; or a ProtocolError; in time and memory that grow with its length at most.',
    make: (random) => mutate(random, random.pick(clixmlTexts()), clixmlTexts()),
    feed(input) {
      each([
        () => deserializeDocument(text(input)).values.forEach(use),
        () => use(deserialize(text(input))),
        () => use(deserialize(text(input).replace(/^\s*<Objs[^>]*>|<\/Objs>\s*$/g, ''))),
      ]);
    },
    accepts: isProtocolError,
  },
  fragments: {
    invariant:
      'Any bytes in any cut give whole messages of no more bytes than came, or a ProtocolError that stays for good; no header makes memory be set aside for what has not come.',
    make: (random) => mutate(random, random.pick(psrpPayloads()), psrpPayloads()),
    feed(input) {
      const defragmenter = new Defragmenter();
      let read = 0;
      try {
        for (const piece of inPieces(new Random(seedOf(input)), input)) {
          for (const { message } of defragmenter.push(piece)) read += message.length;
          if (read > input.length) throw new Error(`read ${String(read)} bytes of ${String(input.length)}`);
        }
        defragmenter.end();
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        let again: unknown;
        try {
          defragmenter.push(input);
        } catch (second) {
          again = second;
        }
        if (again !== error) throw new Error('a stream that broke goes on', { cause: error });
        throw error;
      }
    },
    accepts: isProtocolError,
  },
  soap: {
    invariant:
      'Any text gives an envelope, an answer, a WsmanFault or a ProtocolError, whichever operation it is read as.',
    make: (random) => mutate(random, random.pick(soapTexts()), soapTexts()),
    feed(input) {
      const xml = text(input);
      const envelope = readEnvelope(xml);
      each([
        () => faultIn(envelope, 500),
        () => decodeRequest(envelope),
        () => decodeCreateResponse(envelope),
        () => decodeCommandResponse(envelope),
        () => decodeConnectResponse(envelope),
        () => decodeReceiveResponse(envelope),
        () => decodeEnumerateResponse(envelope),
        () => decodePullResponse(envelope),
        () => decodeGetConfigResponse(envelope),
        () => decodePutConfigResponse(envelope),
        () => decodeGetShellResponse(envelope),
        () => decodeIdentifyResponse(envelope),
        ...Object.values(ACTION).map((action) => () => readAnswer(xml, { action, messageId: 'x' }, 200)),
      ]);
    },
    accepts: isProtocolError,
  },
  oop: {
    invariant: 'Any bytes in any cut give packets and bounded text, or a ProtocolError that stays for good.',
    make: (random) => mutate(random, random.pick(packetLines()), packetLines()),
    feed(input) {
      const decoder = new LineDecoder();
      let held = 0;
      for (const piece of inPieces(new Random(seedOf(input)), input)) {
        for (const line of decoder.push(piece)) {
          if (line.kind === 'Data') held += line.data.length;
          if (line.kind === 'Text') held += line.text.length;
        }
      }
      const last = decoder.end();
      if (last?.kind === 'Text') held += last.text.length;
      if (held > input.length) throw new Error(`read ${String(held)} of ${String(input.length)}`);
    },
    accepts: isProtocolError,
  },
  messages: {
    invariant:
      'Any bytes fed to a client pool in any state give events or a ProtocolError after which the pool is Broken and silent; wrong ids, repetitions and answers to nothing are told as warnings or refused, and every host call can be answered.',
    make(random) {
      const state = random.below(POOL_NAMES.length);
      const messages = Array.from({ length: 1 + random.below(5) }, (_, i) => {
        const message = Buffer.from(
          random.chance(3)
            ? random.pick(psrpMessages())
            : mutate(random, random.pick(psrpMessages()), psrpMessages()),
        );
        if (!random.chance(8)) addressToUs(message, random);
        const objectId = random.chance(5) ? BigInt(random.below(12)) : BigInt(20 + i);
        const fragments = buildFragments(
          objectId,
          message,
          random.chance(3) ? 1 + random.below(500) : undefined,
        );
        if (random.chance(6)) fragments.reverse();
        return Buffer.concat(fragments);
      });
      const stream = Buffer.concat(messages);
      const bytes = random.chance(4) ? mutate(random, stream, psrpPayloads()) : stream;
      return Buffer.concat([Buffer.from([state, random.below(3)]), bytes]);
    },
    feed(input) {
      const [state = 0, target] = input;
      const name = POOL_NAMES[state % POOL_NAMES.length] ?? 'Opened';
      const bytes = input.subarray(2);
      if (bytes.length > 61) each([() => decodeBody(decodeMessage(bytes.subarray(21)))]);
      const pool = POOLS[name]?.();
      if (pool !== undefined) feedPool(pool, bytes, seedOf(input), target === 0 ? undefined : PIPELINE_ID);
    },
    accepts: isProtocolError,
  },
  http: {
    invariant:
      'Whatever a server answers, a request ends with an answer, a TransportError or a ProtocolError; any WWW-Authenticate text gives challenges or none.',
    make: (random) => mutate(random, random.pick(httpAnswers()), httpAnswers()),
    async feed(input) {
      each([() => parseChallenges(text(input).split('\n'))]);
      await askHostileServer(input);
    },
    accepts: (error) => isProtocolError(error) || isTransportError(error),
  },
  ...SIGN_IN_TARGETS,
};

/** Client as destination, our pool's id, our pipeline's where there is one: what is not for us is put aside unread. */
function addressToUs(message: Buffer, random: Random): void {
  if (message.length < 40) return;
  if (!random.chance(6)) message.writeUInt32LE(1, 0);
  guidBytes(POOL_ID).copy(message, 8);
  if (message.subarray(24, 40).some((byte) => byte !== 0)) guidBytes(PIPELINE_ID).copy(message, 24);
}

/** [MS-PSRP] 2.2.1: the first three parts of a GUID are little-endian. */
function guidBytes(guid: string): Buffer {
  const [a = '', b = '', c = '', ...rest] = guid.split('-');
  const part = (hex: string): Uint8Array => Buffer.from(hex, 'hex').toReversed();
  return Buffer.concat([part(a), part(b), part(c), Buffer.from(rest.join(''), 'hex')]);
}
