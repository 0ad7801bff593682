import { describe, expect, test } from 'vitest';
import { ProtocolError } from '../../../../electron/protocol/errors.ts';
import { readEnvelope } from '../../../../electron/protocol/wsman/envelope.ts';
import {
  decodePutConfigResponse,
  decodePutRequest,
  encodePutConfigRequest,
} from '../../../../electron/protocol/wsman/put.ts';
import type { XmlElement } from '../../../../electron/protocol/xml/tree.ts';

const CONFIG = 'http://schemas.microsoft.com/wbem/wsman/1/config';
const context = {
  to: 'http://localhost:80/wsman',
  messageId: '47F4F498-0050-4DCF-BCA1-5611732CF7DE',
  sessionId: '11111111-2222-3333-4444-555555555555',
  maxEnvelopeSize: 51_200,
  operationTimeoutMs: 60_000,
};

/** The settings of [MS-WSMV] 4.2.1 and 4.2.2, in a prefix of their own. */
function answer(maxBatchItems: number, more = ''): string {
  return `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header /><s:Body>
  <q:Config xmlns:q="${CONFIG}"><q:MaxEnvelopeSizekb>50</q:MaxEnvelopeSizekb><q:MaxTimeoutms>60000</q:MaxTimeoutms>
    <q:MaxBatchItems Source="GPO">${String(maxBatchItems)}</q:MaxBatchItems><q:MaxProviderRequests>25</q:MaxProviderRequests>
    <q:Client><q:NetworkDelayms>5000</q:NetworkDelayms><q:URLPrefix>wsman</q:URLPrefix><q:TrustedHosts>a &amp; b</q:TrustedHosts></q:Client>
    <q:Winrs><q:AllowRemoteShellAccess>true</q:AllowRemoteShellAccess><q:MaxShellsPerUser>5</q:MaxShellsPerUser></q:Winrs>${more}
  </q:Config></s:Body></s:Envelope>`;
}

/** `a/b` to text, attributes and prefixes left out. */
function leaves(element: XmlElement, path = ''): Record<string, string> {
  if (element.children.length === 0) return { [path]: element.text };
  return Object.assign(
    {},
    ...element.children.map((child) => leaves(child, `${path}/${child.name}`)),
  ) as Record<string, string>;
}

describe('Put of the configuration', () => {
  test('carries all that Get told, with the change of [MS-WSMV] 4.2.2', () => {
    const text = encodePutConfigRequest(context, readEnvelope(answer(20)), { maxBatchItems: 10 });
    const envelope = readEnvelope(text);
    expect(envelope.header.action).toBe('http://schemas.xmlsoap.org/ws/2004/09/transfer/Put');
    expect(decodePutRequest(envelope)).toEqual({ resourceUri: CONFIG });
    const asked = readEnvelope(answer(10)).body;
    expect(leaves(envelope.body)).toEqual(
      Object.fromEntries(Object.entries(leaves(asked)).map(([path, value]) => [path, value.trim()])),
    );
    expect(text).not.toContain('GPO');
  });

  test('adds what the answer did not name, in its place', () => {
    const envelope = readEnvelope(
      encodePutConfigRequest(context, readEnvelope(answer(20)), {
        idleTimeoutMs: 900_000,
        maxShellsPerUser: 9,
      }),
    );
    expect(leaves(envelope.body)).toMatchObject({
      '/Config/Winrs/IdleTimeout': '900000',
      '/Config/Winrs/MaxShellsPerUser': '9',
      '/Config/Winrs/AllowRemoteShellAccess': 'true',
      '/Config/MaxBatchItems': '20',
    });
  });

  test('reads what the service made of it', () => {
    expect(decodePutConfigResponse(readEnvelope(answer(10)))).toEqual({
      maxEnvelopeSizeKb: 50,
      maxTimeoutMs: 60_000,
      maxBatchItems: 10,
      maxShellsPerUser: 5,
    });
  });

  test('sends nothing back that is no configuration', () => {
    const strange = readEnvelope(answer(20, '<evil xmlns="urn:other">1</evil>'));
    expect(() => encodePutConfigRequest(context, strange, { maxBatchItems: 10 })).toThrow(ProtocolError);
    const none = readEnvelope(answer(20).replaceAll('q:Config', 'q:Shell'));
    expect(() => encodePutConfigRequest(context, none, { maxBatchItems: 10 })).toThrow(ProtocolError);
  });
});
