import { Award, ShieldAlert } from 'lucide-react';
import { Fragment, useId, useRef, useState } from 'react';
import { serverLabel } from '../../stores/servers.ts';
import type { TrustAsk } from '../../stores/shell.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { useDesk, useSlice } from '../../ui/desk-context.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { Glyph } from '../../ui/glyphs.tsx';

/** In groups of four bytes, two lines of 16: as a person compares them. */
export function fingerprintLines(fingerprint: string): string {
  const bytes = fingerprint.split(':');
  const groups: string[] = [];
  for (let at = 0; at < bytes.length; at += 4) groups.push(bytes.slice(at, at + 4).join(':'));
  const half = Math.ceil(groups.length / 2);
  return `${groups.slice(0, half).join(' ')}\n${groups.slice(half).join(' ')}`;
}

function bare(text: string): string {
  return text.toUpperCase().replaceAll(/[^0-9A-F]/g, '');
}

/** `null` while nothing that could be a fingerprint was pasted. */
export function compareFingerprint(pasted: string, fingerprint: string): boolean | null {
  if (bare(pasted).length < 64) return null;
  // The command prints one line for each certificate the server has; one of them has to be ours.
  return pasted.split(/[\n\s,;]+/).some((part) => bare(part) === bare(fingerprint));
}

function covers(names: readonly string[], address: string): boolean {
  const wanted = address.toLowerCase();
  return names.some((raw) => {
    const name = raw.toLowerCase();
    return (
      name === wanted || (name.startsWith('*.') && wanted.split('.').slice(1).join('.') === name.slice(2))
    );
  });
}

function day(text: string): string {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? text : date.toISOString().slice(0, 10);
}

/** Nobody this computer trusts says that the certificate is who it says. */
const NOT_VOUCHED: ReadonlySet<string> = new Set([
  'self-signed',
  'unknown-issuer',
  'incomplete-chain',
  'untrusted',
]);

const OTHERS: Readonly<Record<string, { what: string; why: string } | undefined>> = {
  revoked: { what: 'Revoked', why: 'by its issuer: do not trust it before you know why' },
  'revocation-unknown': { what: 'Revocation', why: 'can’t be looked up' },
  'wrong-purpose': { what: 'Purpose', why: 'not made for servers' },
  weak: { what: 'Strength', why: 'signed or keyed too weakly to prove anything' },
};

const command = "Get-ChildItem Cert:\\LocalMachine\\My | ForEach-Object GetCertHashString 'SHA256'";

/** Trust is given to this certificate at this server; the button that does no harm has the focus. */
export function TrustDialog({ ask }: { ask: TrustAsk }) {
  const desk = useDesk();
  const server = useSlice(desk.servers, (state) => state.servers.find((known) => known.id === ask.serverId));
  const cancel = useRef<HTMLButtonElement>(null);
  const [pasted, setPasted] = useState('');
  const [now] = useState(() => new Date());
  const compare = useId();
  const { certificate } = ask.error;
  if (server === undefined || certificate === undefined) return null;
  const name = serverLabel(server);
  const changed = ask.error.code === 'tls.changed';
  const before = server.trustedFingerprint;
  const same = compareFingerprint(pasted, certificate.fingerprint);
  const { problems } = certificate;
  const selfSigned = certificate.issuer === certificate.subject;
  const dated = new Date(certificate.validFrom) <= now && now <= new Date(certificate.validTo);
  // What main found counts; names are compared here only where it did not say.
  const named =
    problems === undefined ? covers(certificate.names, server.address) : !problems.includes('wrong-name');
  const vouched = problems !== undefined && !problems.some((problem) => NOT_VOUCHED.has(problem));
  const others = (problems ?? []).flatMap((problem) => OTHERS[problem] ?? []);

  return (
    <Dialog
      icon={changed ? <ShieldAlert className="bad" aria-hidden /> : <Award className="warn" aria-hidden />}
      title={changed ? `The certificate of ${name} has changed` : `Is this really ${name}?`}
      description={
        changed
          ? 'You trusted another one for this server. That happens when it was renewed, and also when somebody stands in between. Compare the new fingerprint with the one on the server.'
          : `${certificate.problem.replace(/^It /, 'Its certificate ').replace(/[.\s]*$/, '')}. Compare the fingerprint with the one on the server.`
      }
      initialFocus={cancel}
      onClose={() => ask.answer(false)}
    >
      <div className="body">
        <div className="checks">
          <span />
          <span>Subject</span>
          <span>{certificate.subject === '' ? 'none' : certificate.subject}</span>
          <Glyph name={named ? 'ok' : 'bad'} label={named ? 'fits' : 'does not fit'} />
          <span>Name</span>
          <span>
            {certificate.names.length === 0 ? 'none' : certificate.names.join(', ')}
            {named ? ', as you asked' : `; you asked for ${server.address}`}
          </span>
          <Glyph name={dated ? 'ok' : 'bad'} label={dated ? 'valid' : 'not valid'} />
          <span>Dates</span>
          <span className="num">
            {day(certificate.validFrom)} to {day(certificate.validTo)}
          </span>
          <Glyph name={vouched ? 'ok' : 'bad'} label={vouched ? 'trusted' : 'not trusted'} />
          <span>Issuer</span>
          <span>
            {certificate.issuer}
            {vouched ? '' : selfSigned ? ', signed by itself' : ', not known to this computer'}
          </span>
          {others.map(({ what, why }) => (
            <Fragment key={what}>
              <Glyph name="bad" label="not in order" />
              <span>{what}</span>
              <span>{why}</span>
            </Fragment>
          ))}
        </div>
        {changed && before !== undefined ? (
          <div>
            <p className="overline" style={{ marginBottom: 4 }}>
              The one you trusted, SHA-256
            </p>
            <div className="code finger dim">{fingerprintLines(before)}</div>
          </div>
        ) : null}
        <div>
          <p className="overline" style={{ marginBottom: 4 }}>
            {changed ? 'The one it shows now, SHA-256' : 'Fingerprint, SHA-256'}
          </p>
          <div className="code finger">{fingerprintLines(certificate.fingerprint)}</div>
        </div>
        <div>
          <p className="overline" style={{ marginBottom: 4 }}>
            Run on {name}’s own console
          </p>
          <div className="code copyable">
            <span className="t-yellow">Get-ChildItem</span> Cert:\LocalMachine\My |{'\n    '}
            <span className="t-yellow">ForEach-Object</span> GetCertHashString{' '}
            <span className="t-cyan">'SHA256'</span>
            <CopyButton text={command} />
          </div>
        </div>
        <div>
          <label className="hidden" htmlFor={compare}>
            What the command printed
          </label>
          <span className={same === false ? 'field bad' : 'field'}>
            <input
              id={compare}
              value={pasted}
              onChange={(event) => setPasted(event.target.value)}
              placeholder="Paste what it prints and PSDeck compares"
              spellCheck={false}
              autoComplete="off"
            />
            {same === null ? null : (
              <span className="state tinted" role="status">
                <Glyph name={same ? 'ok' : 'bad'} />
                <span>{same ? 'It matches' : 'It does not match'}</span>
              </span>
            )}
          </span>
        </div>
        <p className="under">Trust holds for this certificate on {name} and nowhere else.</p>
      </div>
      <footer>
        <button type="button" className="btn" disabled={same === false} onClick={() => ask.answer(true)}>
          It matches, trust it
        </button>
        <button ref={cancel} type="button" className="btn primary" onClick={() => ask.answer(false)}>
          Cancel <kbd>Esc</kbd>
        </button>
      </footer>
    </Dialog>
  );
}
