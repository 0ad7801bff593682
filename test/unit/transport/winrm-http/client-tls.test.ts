import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { VerifyCertificate } from '../../../../electron/transport/winrm-http/tls.ts';
import { certificate, soap, startServer } from './servers.ts';
import { client, failsWith, failure, QUICK, started } from './client-harness.ts';

describe('over TLS', () => {
  test('a certificate of a given authority is accepted', async () => {
    const pair = await certificate([{ ip: '127.0.0.1' }]);
    const server = await started(startServer((_r, response) => soap(response), { tls: pair }));
    const http = client({ port: server.port, https: true, allowPlainBasic: false, tls: { ca: pair.cert } });
    expect((await http.post('x', QUICK)).status).toBe(200);
    expect(http.url).toBe(`https://127.0.0.1:${server.port}/wsman`);
  });

  test('another certificate is refused before anything is sent, and the error shows it', async () => {
    const pair = await certificate([{ dns: 'z002.corp.example' }, { ip: '127.0.0.1' }]);
    const server = await started(startServer((_r, response) => soap(response), { tls: pair }));
    const error = await failsWith(
      client({ port: server.port, https: true }).post('x', QUICK),
      'tls.untrusted',
    );
    const real = new X509Certificate(pair.cert);
    expect(error.certificate).toEqual({
      subject: 'CN=test server',
      names: ['z002.corp.example', '127.0.0.1'],
      issuer: 'CN=test server',
      validFrom: real.validFromDate.toISOString(),
      validTo: real.validToDate.toISOString(),
      fingerprint: real.fingerprint256,
      problem: 'self-signed',
      problems: ['self-signed'],
    });
    expect(server.seen).toEqual([]);
  });

  test('everything wrong with a certificate is named', async () => {
    const pair = await certificate([{ dns: 'z003.corp.example' }], {
      notBeforeDate: new Date('2020-01-01T00:00:00Z'),
      notAfterDate: new Date('2021-01-01T00:00:00Z'),
    });
    const server = await started(startServer((_r, response) => soap(response), { tls: pair }));
    const error = await failsWith(
      client({ port: server.port, https: true }).post('x', QUICK),
      'tls.untrusted',
    );
    expect(error.certificate?.problems.toSorted()).toEqual(['expired', 'self-signed', 'wrong-name']);
  });

  test('a right chain for another name is refused, unless the name is asked for', async () => {
    const pair = await certificate([{ dns: 'z004.corp.example' }]);
    const server = await started(startServer((_r, response) => soap(response), { tls: pair }));
    const wrong = client({ port: server.port, https: true, tls: { ca: pair.cert } });
    expect((await failsWith(wrong.post('x', QUICK), 'tls.untrusted')).certificate?.problem).toBe(
      'wrong-name',
    );
    const right = client({
      port: server.port,
      https: true,
      tls: { ca: pair.cert, servername: 'z004.corp.example' },
    });
    expect((await right.post('x', QUICK)).status).toBe(200);
  });

  test('a trusted fingerprint is accepted in any spelling, a changed one is not', async () => {
    const pair = await certificate([{ ip: '127.0.0.1' }]);
    const server = await started(startServer((_r, response) => soap(response), { tls: pair }));
    const fingerprint = new X509Certificate(pair.cert).fingerprint256;
    for (const spelling of [fingerprint, fingerprint.toLowerCase(), fingerprint.replaceAll(':', '')]) {
      const http = client({ port: server.port, https: true, tls: { trustedFingerprint: spelling } });
      // oxlint-disable-next-line no-await-in-loop
      expect((await http.post('x', QUICK)).status).toBe(200);
    }
    const before = server.seen.length;
    const other = new X509Certificate((await certificate([{ ip: '127.0.0.1' }])).cert).fingerprint256;
    const error = await failsWith(
      client({ port: server.port, https: true, tls: { trustedFingerprint: other } }).post('x', QUICK),
      'tls.changed',
    );
    expect(error.facts).toMatchObject({ expected: other, fingerprint });
    expect(error.certificate?.fingerprint).toBe(fingerprint);
    expect(server.seen.length).toBe(before);
  });

  test('a callback decides, before anything is sent, and sees what is wrong', async () => {
    const pair = await certificate([{ ip: '127.0.0.1' }]);
    const server = await started(startServer((_r, response) => soap(response), { tls: pair }));
    const asked: (readonly string[])[] = [];
    const post = (verify: VerifyCertificate, more: { ca?: string; trustedFingerprint?: string } = {}) =>
      client({ port: server.port, https: true, tls: { verify, ...more } }).post('x', QUICK);
    const note =
      (answer: boolean): VerifyCertificate =>
      async ({ problems }) => {
        asked.push(problems);
        await Promise.resolve();
        return answer;
      };
    expect((await post(note(true))).status).toBe(200);
    expect((await post(() => true)).status).toBe(200);
    const before = server.seen.length;
    const refused = await failsWith(post(note(false)), 'tls.untrusted');
    expect(refused.certificate?.fingerprint).toBe(new X509Certificate(pair.cert).fingerprint256);
    await failsWith(
      post(() => Promise.reject(new Error('no'))),
      'tls.untrusted',
    );
    // One that verifies is refused as well.
    await failsWith(post(note(false), { ca: pair.cert }), 'tls.untrusted');
    expect(server.seen.length).toBe(before);
    expect(asked).toEqual([['self-signed'], ['self-signed'], []]);
    const pin = new X509Certificate((await certificate([{ ip: '127.0.0.1' }])).cert).fingerprint256;
    await failsWith(post(note(true), { trustedFingerprint: pin }), 'tls.changed');
    expect(asked).toHaveLength(3);
  });

  test('an empty trusted fingerprint trusts nothing', async () => {
    const pair = await certificate([{ ip: '127.0.0.1' }]);
    const server = await started(startServer((_r, response) => soap(response), { tls: pair }));
    expect(
      (
        await failure(
          client({ port: server.port, https: true, tls: { trustedFingerprint: '' } }).post('x', QUICK),
        )
      ).code,
    ).toBe('tls.changed');
  });

  test('a port that speaks plain HTTP', async () => {
    const server = await started(startServer((_r, response) => soap(response)));
    expect((await failure(client({ port: server.port, https: true }).post('x', QUICK))).code).toBe(
      'tls.failed',
    );
  });
});
