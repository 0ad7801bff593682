import { describe, expect, test } from 'vitest';
import { closedPort, startServer } from './servers.ts';
import { client, failure, legged, QUICK, sealedAnswer, sealing, started } from './client-harness.ts';

describe('a connection that is lost', () => {
  test('while nothing was asked costs nothing, even where we have not noticed yet', async () => {
    const closed: Promise<void>[] = [];
    const server = await started(
      sealing((_request, response) => {
        const { socket } = response;
        sealedAnswer(response);
        if (socket === null) throw new Error('no socket');
        // Shut down: the client's machine has been told, and its event loop has not.
        closed.push(new Promise((resolve) => socket.end(() => resolve())));
      }),
    );
    const http = client({ port: server.port, auth: () => legged([]) });
    await http.post('a', QUICK);
    await closed[0];
    expect((await http.post('b', QUICK)).body).toBe('ok');
    expect(server.seen.map((s) => s.body)).toEqual(['', '', 'a', '', '', 'b']);
    expect(server.connections()).toBe(2);
  });

  test('after the request was sent fails it, as it may have been carried out', async () => {
    const server = await started(
      sealing((_request, response, index) => {
        if (index === 0) sealedAnswer(response);
        else response.socket?.resetAndDestroy();
      }),
    );
    const http = client({ port: server.port, auth: () => legged([]) });
    await http.post('a', QUICK);
    const error = await failure(http.post('b', QUICK));
    expect(error.code).toBe('connect.reset');
    expect(error.facts['sent']).toBeUndefined();
    expect(server.seen.filter((s) => s.body === 'b')).toHaveLength(1);
  });

  test('is no matter to a request that may be carried out twice', async () => {
    const server = await started(
      sealing((_request, response, index) => {
        if (index === 1) response.socket?.resetAndDestroy();
        else sealedAnswer(response);
      }),
    );
    const http = client({ port: server.port, auth: () => legged([]) });
    await http.post('a', QUICK);
    expect((await http.post('b', { ...QUICK, idempotent: true })).body).toBe('ok');
    expect(server.seen.filter((s) => s.body === 'b')).toHaveLength(2);
  });

  test('is tried once more and not for ever', async () => {
    const server = await started(
      sealing((_request, response, index) => {
        if (index === 0) sealedAnswer(response);
        else response.socket?.resetAndDestroy();
      }),
    );
    const http = client({ port: server.port, auth: () => legged([]) });
    await http.post('a', QUICK);
    expect((await failure(http.post('b', { ...QUICK, idempotent: true }))).code).toBe('connect.reset');
    expect(server.seen.filter((s) => s.body === 'b')).toHaveLength(2);
  });

  test('between two legs of the log-on says so, and that nothing was sent', async () => {
    const server = await started(
      startServer((_request, response) => {
        response.writeHead(401, { 'WWW-Authenticate': 'Negotiate challenge', Connection: 'close' }).end();
      }),
    );
    const error = await failure(client({ port: server.port, auth: () => legged([]) }).post('x', QUICK));
    expect(error).toMatchObject({ code: 'connect.reset', facts: { stage: 'signin', sent: false } });
  });

  test('before anything could be sent says that nothing was', async () => {
    const error = await failure(client({ port: await closedPort() }).post('x', QUICK));
    expect(error.facts['sent']).toBe(false);
  });
});
