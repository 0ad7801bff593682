/** What real programs sent, as the recordings in test/vectors hold it: the seeds that are damaged. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSession, readVectors, sessionFiles, type RecordedMessage } from '../vectors/psrp-vectors.ts';
import { loadRecordings } from '../vectors/wsman-recordings.ts';

/** Longer seeds cost time and say nothing more. */
const LONGEST = 30_000;

const VECTORS = join(import.meta.dirname, '..', 'vectors');

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

function bytesOf(texts: Iterable<string>): Uint8Array[] {
  return [...new Set(texts)]
    .filter((text) => text !== '' && text.length < LONGEST)
    .map((text) => new Uint8Array(Buffer.from(text)));
}

export const clixmlTexts = once(() => {
  const folder = join(VECTORS, 'clixml');
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  const cases = files.flatMap(
    (name) => (JSON.parse(readFileSync(join(folder, name), 'utf8')) as { cases: { clixml: string }[] }).cases,
  );
  return bytesOf(cases.map((each) => each.clixml));
});

export const soapTexts = once(() =>
  bytesOf(loadRecordings().flatMap(({ exchanges }) => exchanges.map(({ body }) => body ?? ''))),
);

/** Messages, header and all, in both directions. */
export const psrpMessages = once(() => {
  const sessions = [...sessionFiles('oop-'), ...sessionFiles('wsman-')];
  const recorded = [
    ...(readVectors('messages-by-type.json') as { messages: RecordedMessage[] }).messages,
    ...sessions.flatMap((file) => readSession(file).messages),
  ];
  const distinct = new Set(
    recorded.map(({ rawHex }) => rawHex ?? '').filter((hex) => hex !== '' && hex.length < 20_000),
  );
  return [...distinct].map((hex) => new Uint8Array(Buffer.from(hex, 'hex')));
});

/** Payloads of whole fragments. */
export const psrpPayloads = once(() =>
  sessionFiles('oop-')
    .flatMap((file) => readSession(file).packets ?? [])
    .map(({ data }) => new Uint8Array(Buffer.from(data ?? '', 'base64')))
    .filter(({ length }) => length > 0 && length < LONGEST),
);

/** Out-of-process packets as PowerShell writes them, put together here from their recorded parts. */
export const packetLines = once(() => {
  const lines = sessionFiles('oop-')
    .flatMap((file) => readSession(file).packets ?? [])
    .map(({ action, stream, psGuid, data }) =>
      data === undefined
        ? `<${action} PSGuid='${psGuid ?? ''}' />\n`
        : `<Data Stream='${stream ?? ''}' PSGuid='${psGuid ?? ''}'>${data}</Data>\n`,
    )
    .filter(({ length }) => length < LONGEST);
  const several = Array.from({ length: 40 }, (_, i) => lines.slice(i * 3, i * 3 + 6).join(''));
  return bytesOf([...lines, ...several]);
});

/** Whole HTTP answers: a recorded SOAP body under the headers that Windows sends. */
export const httpAnswers = once(() => {
  const bodies = loadRecordings().flatMap(({ exchanges }) =>
    exchanges.filter(
      ({ direction, body }) => direction === 'response' && body !== null && body.length < LONGEST,
    ),
  );
  const answers = bodies.map(
    ({ status, body }) =>
      `HTTP/1.1 ${String(status ?? 200)} \r\nContent-Type: application/soap+xml;charset=UTF-8\r\nServer: Microsoft-HTTPAPI/2.0\r\n` +
      `Content-Length: ${String(Buffer.byteLength(body ?? ''))}\r\n\r\n${body ?? ''}`,
  );
  const refusals = [
    'Negotiate',
    'Basic realm="WSMAN"',
    'Negotiate, Kerberos, CredSSP, Basic realm="a \\"b\\", c"',
    'Negotiate TlRMTVNTUAACAAAA==',
  ].map(
    (challenge) =>
      `HTTP/1.1 401 \r\nServer: Microsoft-HTTPAPI/2.0\r\nWWW-Authenticate: ${challenge}\r\nContent-Length: 0\r\n\r\n`,
  );
  const chunked =
    'HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n<a/>\r\n0\r\n\r\n';
  const moved = 'HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/wsman\r\nContent-Length: 0\r\n\r\n';
  return bytesOf([...answers, ...refusals, chunked, moved]);
});
