import { describe, expect, test } from 'vitest';
import { refusalOf } from '../../../electron/shell/request-guard.ts';

const port = 5123;

/** What Chromium sends, as recorded from it. */
const typed = {
  host: '127.0.0.1:5123',
  'sec-fetch-site': 'none',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
};
const script = {
  host: '127.0.0.1:5123',
  'sec-fetch-site': 'same-origin',
  'sec-fetch-mode': 'cors',
  'sec-fetch-dest': 'script',
  origin: 'http://127.0.0.1:5123',
};
const socket = { host: 'localhost:5123', origin: 'http://localhost:5123' };

function page(headers: Record<string, string | undefined>, method = 'GET') {
  return refusalOf({ method, headers }, 'page', port);
}
function upgrade(headers: Record<string, string | undefined>) {
  return refusalOf({ method: 'GET', headers }, 'socket', port);
}

describe('request guard', () => {
  test('lets in what our own page, a person and an old browser send', () => {
    expect(page(typed)).toBeUndefined();
    expect(page(script)).toBeUndefined();
    expect(page({ ...typed, 'sec-fetch-site': 'same-origin' })).toBeUndefined();
    expect(page({ host: 'LOCALHOST:5123' })).toBeUndefined();
    expect(page(typed, 'HEAD')).toBeUndefined();
    expect(upgrade(socket)).toBeUndefined();
    expect(
      upgrade({
        ...socket,
        'sec-fetch-site': 'same-origin',
        'sec-fetch-mode': 'websocket',
        'sec-fetch-dest': 'websocket',
      }),
    ).toBeUndefined();
  });

  test.each([
    ['a name rebound to loopback', page({ ...typed, host: 'evil.example:5123' }), 'host'],
    ['another port', page({ ...typed, host: '127.0.0.1:5124' }), 'host'],
    ['no port', page({ ...typed, host: '127.0.0.1' }), 'host'],
    ['no Host', page({ ...typed, host: undefined }), 'host'],
    ['a POST', page(typed, 'POST'), 'method'],
    ['a link on another site', page({ ...typed, 'sec-fetch-site': 'cross-site' }), 'fetch-site'],
    ['another port of this computer', page({ ...script, 'sec-fetch-site': 'same-site' }), 'fetch-site'],
    ['a fetch that says nobody began it', page({ ...script, 'sec-fetch-site': 'none' }), 'fetch-site'],
    ['a foreign Origin', page({ ...script, origin: 'http://evil.example' }), 'origin'],
    ['an opaque Origin', page({ ...script, origin: 'null' }), 'origin'],
    ['the other name of ours', page({ ...script, origin: 'http://localhost:5123' }), 'origin'],
    ['https', page({ ...script, origin: 'https://127.0.0.1:5123' }), 'origin'],
    [
      'a frame',
      page({ ...typed, 'sec-fetch-site': 'same-origin', 'sec-fetch-dest': 'iframe' }),
      'fetch-dest',
    ],
    ['an object', page({ ...script, 'sec-fetch-dest': 'object' }), 'fetch-dest'],
    ['a socket without Origin', upgrade({ host: socket.host }), 'origin'],
    ['a foreign socket', upgrade({ ...socket, origin: 'http://evil.example' }), 'origin'],
    ['a socket of another port', upgrade({ ...socket, origin: 'http://localhost:80' }), 'origin'],
    ['a cross-site socket', upgrade({ ...socket, 'sec-fetch-site': 'cross-site' }), 'fetch-site'],
    [
      'a navigation that asks to be a socket',
      upgrade({ ...socket, 'sec-fetch-mode': 'navigate' }),
      'fetch-mode',
    ],
    ['a script that asks to be a socket', upgrade({ ...socket, 'sec-fetch-dest': 'script' }), 'fetch-dest'],
  ])('refuses %s', (_what, refusal, why) => {
    expect(refusal).toBe(why);
  });
});
