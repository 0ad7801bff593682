import { describe, expect, test } from 'vitest';
import { TransportError } from '../../../../electron/transport/errors.ts';
import { resolveProxy } from '../../../../electron/transport/winrm-http/proxy.ts';

const target = { host: 'z002.corp.example', port: 5986, https: true };

function thrown(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('a given proxy', () => {
  test.each([
    ['http://proxy.example:3128', { host: 'proxy.example', port: 3128 }],
    ['http://proxy.example:3128/', { host: 'proxy.example', port: 3128 }],
    ['proxy.example:8080', { host: 'proxy.example', port: 8080 }],
    [' HTTP://Proxy.Example ', { host: 'proxy.example', port: 80 }],
    ['http://[2001:db8::5]:3128', { host: '2001:db8::5', port: 3128 }],
  ])('%s', (url, expected) => {
    expect(resolveProxy({ url }, target, {})).toEqual({
      ...expected,
      userName: undefined,
      password: undefined,
    });
  });

  test('brings its user in the URL, unless one is given apart', () => {
    const url = 'http://CORP%5Cdora:p%40ss%3Aw%C3%B6rd@proxy.example';
    expect(resolveProxy({ url }, target, {})).toMatchObject({
      userName: 'CORP\\dora',
      password: 'p@ss:wörd',
    });
    expect(resolveProxy({ url, userName: 'bob', password: 'x' }, target, {})).toMatchObject({
      userName: 'bob',
      password: 'x',
    });
  });

  test.each([
    ['http://user:Secret1!@', 'url'],
    ['http://user:Secret1!@host:99999', 'url'],
    ['https://user:Secret1!@proxy.example', 'scheme https'],
    ['socks5://user:Secret1!@proxy.example:1080', 'scheme socks5'],
    ['http://user:Secret1%@proxy.example', 'user'],
    ['http://us%3Aer:Secret1!@proxy.example', 'user'],
  ])('%s is none, and the error does not repeat it', (url, reason) => {
    const error = thrown(() => resolveProxy({ url }, target, {}));
    expect(error).toBeInstanceOf(TransportError);
    expect(error).toMatchObject({ code: 'proxy.invalid', facts: { reason } });
    expect(String(error) + JSON.stringify(error)).not.toContain('Secret1');
  });
});

describe('the environment', () => {
  const at = (environment: Record<string, string>, to: Partial<typeof target> = {}): string | undefined => {
    const proxy = resolveProxy('system', { ...target, ...to }, environment);
    return proxy === undefined ? undefined : `${proxy.host}:${String(proxy.port)}`;
  };

  test('counts only where it is asked for', () => {
    expect(resolveProxy(undefined, target, { https_proxy: 'http://p:1' })).toBeUndefined();
  });

  test('has a proxy for each scheme and one for all', () => {
    const both = { HTTP_PROXY: 'http://plain:1', HTTPS_PROXY: 'http://secure:2' };
    expect(at(both)).toBe('secure:2');
    expect(at(both, { https: false })).toBe('plain:1');
    expect(at({ HTTP_PROXY: 'http://plain:1' })).toBeUndefined();
    expect(at({ ALL_PROXY: 'http://all:3' })).toBe('all:3');
    expect(at({ https_proxy: 'http://lower:4', HTTPS_PROXY: 'http://upper:5' })).toBe('lower:4');
    expect(at({ https_proxy: '', HTTPS_PROXY: 'http://upper:5' })).toBe('upper:5');
    expect(at({ https_proxy: 'http://dora:x@p:6' })).toBe('p:6');
    expect(at({})).toBeUndefined();
  });

  test.each(['localhost', 'LOCALHOST', '127.0.0.1', '127.8.8.8', '::1', '[::1]'])(
    'leaves %s alone',
    (host) => {
      expect(at({ all_proxy: 'http://p:1' }, { host })).toBeUndefined();
    },
  );

  test.each([
    ['*', 'z002.corp.example', true],
    ['corp.example', 'z002.corp.example', true],
    ['.corp.example', 'z002.corp.example', true],
    ['*.corp.example', 'z002.corp.example', true],
    ['CORP.Example', 'Z002.corp.EXAMPLE', true],
    ['z002.corp.example.', 'z002.corp.example', false],
    ['z002.corp.example', 'z002.corp.example.', true],
    ['other, corp.example', 'z002.corp.example', true],
    ['other corp.example', 'z002.corp.example', true],
    ['orp.example', 'z002.corp.example', false],
    ['002.corp.example', 'z002.corp.example', false],
    ['corp.example:5986', 'z002.corp.example', true],
    ['corp.example:443', 'z002.corp.example', false],
    ['10.1.2.3', '10.1.2.3', true],
    ['2.3', '10.1.2.3', false],
    ['10.0.0.0/8', '10.1.2.3', true],
    ['10.0.0.0/8', '11.1.2.3', false],
    ['10.0.0.0/8', 'z002.corp.example', false],
    ['10.0.0.0/99', '10.1.2.3', false],
    ['corp.example/8', 'z002.corp.example', false],
    ['2001:db8::/32', '2001:db8:0::5', true],
    ['2001:db8::/32', '[2001:db9::5]', false],
    ['2001:db8::5', '2001:db8::5', true],
    ['[2001:db8::5]:5986', '2001:db8::5', true],
    ['[2001:db8::5]:443', '2001:db8::5', false],
    ['', 'z002.corp.example', false],
    [',, ,', 'z002.corp.example', false],
  ])('NO_PROXY=%s for %s: %s', (no_proxy, host, direct) => {
    expect(at({ https_proxy: 'http://p:1', no_proxy }, { host }) === undefined).toBe(direct);
    expect(at({ HTTPS_PROXY: 'http://p:1', NO_PROXY: no_proxy }, { host }) === undefined).toBe(direct);
  });
});
