import { describe, expect, test } from 'vitest';
import { readClientCertificate } from '../../../electron/remoting/index.ts';

const THUMB = '0123456789ABCDEF0123456789ABCDEF01234567';

describe('a certificate by the name that PowerShell gives it', () => {
  test.each([
    [`Cert:\\CurrentUser\\My\\${THUMB}`, 'user'],
    [`cert:\\localmachine\\my\\${THUMB}`, 'machine'],
    [`Cert:/CurrentUser/My/${THUMB}`, 'user'],
  ])('%s', async (certificate, location) => {
    expect(await readClientCertificate({ certificate, passphrase: 'of no use' })).toEqual({
      kind: 'store',
      thumbprint: THUMB,
      location,
    });
  });

  test.each([`Cert:\\CurrentUser\\Root\\${THUMB}`, 'Cert:\\CurrentUser\\My\\', '/no/such/file.pfx'])(
    '%s is a file, and is not there',
    async (certificate) => {
      await expect(readClientCertificate({ certificate })).rejects.toMatchObject({
        code: 'certificate.unreadable',
        facts: { reason: 'not-found' },
      });
    },
  );
});
