import { ChevronDown, ChevronRight, TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import { AuthChoice } from '../../../shared/server.ts';
import { FlagRow, Hint, TextRow, type FormState } from './form-rows.tsx';
import { AUTH_NAMES, fieldsOf, isSpecial, withHttps } from './server-form.ts';

/** What each way to sign in is, in the words of who has to choose one. */
const MEANS: Readonly<Record<AuthChoice, string>> = {
  negotiate: 'Kerberos where it can be had, else NTLM, as Windows does',
  kerberos: 'With a ticket or a password, to the server’s name in its domain. Proves the server, too',
  ntlm: 'With a password. Works everywhere, and proves the server least',
  credssp: 'For commands there that go on to a third machine',
  certificate: 'With a certificate of yours that the server maps to an account',
  basic: 'Sends the password itself. For servers that offer nothing else',
};

const ORDER: readonly AuthChoice[] = ['negotiate', 'kerberos', 'ntlm', 'credssp', 'certificate', 'basic'];

/**
 * How to sign in, for whom the usual is not right: folded away while nothing in it was chosen, so that the plain case is an address and a
 * user name.
 */
export function SignInFields({ state }: { state: FormState }) {
  const { id, form, errors, change } = state;
  const [open, setOpen] = useState(() => isSpecial(form));
  const asked = fieldsOf(form);
  const troubled = Object.keys(errors).some((field) => field === 'auth' || asked.has(field as never));
  const shown = open || troubled;
  return (
    <details className="more" open={shown} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <ChevronRight className="s" aria-hidden />
        <span className="grow">Signing in and proxy</span>
        <span className="dim">{shown ? '' : summary(state)}</span>
      </summary>
      {shown ? (
        <div className="lbl">
          <label htmlFor={`${id}-auth`}>Sign in with</label>
          <span className={errors.auth === undefined ? 'field choose' : 'field choose bad'}>
            <select
              id={`${id}-auth`}
              name="auth"
              value={form.auth}
              aria-invalid={errors.auth !== undefined}
              aria-describedby={`${id}-auth-hint`}
              onChange={(event) => {
                const auth = AuthChoice.parse(event.target.value);
                // TLS is what proves a certificate.
                const { https, port } = auth === 'certificate' ? withHttps(form, true) : form;
                change({ auth, https, port });
              }}
              onKeyDown={(event) => {
                // As in every field of a form; a list that is open takes its keys itself.
                if (event.key !== 'Enter') return;
                event.preventDefault();
                event.currentTarget.form?.requestSubmit();
              }}
            >
              {ORDER.map((auth) => (
                <option key={auth} value={auth}>
                  {AUTH_NAMES[auth]}
                </option>
              ))}
            </select>
            <ChevronDown className="s" aria-hidden />
          </span>
          <Hint id={`${id}-auth-hint`} error={errors.auth} hint={MEANS[form.auth]} />
          <Warning state={state} />
          {asked.has('certificateFile') ? (
            <>
              <TextRow
                state={state}
                field="certificateFile"
                label="Certificate"
                hint="A .pfx or .pem file on this computer; on Windows also Cert:\CurrentUser\My\THUMBPRINT. Its password is asked for"
                placeholder="/home/ada/ada.pfx"
              />
              <TextRow
                state={state}
                field="certificateKeyFile"
                label="Key file"
                hint="Only where the key is in a file of its own"
              />
            </>
          ) : null}
          <Options state={state} />
          {asked.has('spnService') ? (
            <>
              <TextRow
                state={state}
                field="spnService"
                label="SPN service"
                hint="As setspn -L lists it for the server’s account"
                placeholder="HTTP"
              />
              <TextRow
                state={state}
                field="spnHost"
                label="SPN host"
                hint="Where the address is an alias or a load balancer"
                placeholder={form.address.trim() === '' ? 'The address' : form.address.trim()}
              />
            </>
          ) : null}
          <TextRow
            state={state}
            field="proxy"
            label="HTTP proxy"
            hint="Where there is no direct way. “system” takes that of HTTPS_PROXY"
            placeholder="proxy.corp.example:8080"
          />
        </div>
      ) : null}
    </details>
  );
}

function summary({ form }: FormState): string {
  const parts = [AUTH_NAMES[form.auth]];
  if (form.proxy.trim() !== '') parts.push('by a proxy');
  return parts.join(', ');
}

function Options({ state }: { state: FormState }) {
  const asked = fieldsOf(state.form);
  const flags = [
    asked.has('forbidNtlm') ? (
      <FlagRow
        key="ntlm"
        state={state}
        field="forbidNtlm"
        label="Never with NTLM"
        means="Where Kerberos can’t be had, PSDeck refuses and says why."
      />
    ) : null,
    asked.has('delegate') ? (
      <FlagRow
        key="delegate"
        state={state}
        field="delegate"
        label="Let the server act for you elsewhere"
        means="Hands your Kerberos ticket on, where your domain trusts the server with it. For commands there that go on to a third machine."
      />
    ) : null,
    asked.has('credSspOlder') ? (
      <FlagRow
        key="older"
        state={state}
        field="credSspOlder"
        label="Accept CredSSP versions below 5"
        means="For servers without the update of May 2018 (CVE-2018-0886). Whoever stands between could misuse your sign-in."
      />
    ) : null,
    // Asked for when it is needed; here it can be taken back.
    asked.has('allowNtlmOverHttp') && state.form.allowNtlmOverHttp ? (
      <FlagRow
        key="http"
        state={state}
        field="allowNtlmOverHttp"
        label="Allow NTLM over HTTP"
        means="It doesn’t prove which server answers. You allowed it for this address and port."
      />
    ) : null,
    asked.has('allowPlainBasic') ? (
      <FlagRow
        key="basic"
        state={state}
        field="allowPlainBasic"
        label="Allow Basic sign-in over HTTP"
        means="The password and everything else goes over the network readable. Only for a network that is yours alone."
      />
    ) : null,
  ].filter((flag) => flag !== null);
  return flags.length === 0 ? null : <div className="opts">{flags}</div>;
}

/** What a choice gives away, before it is made. */
function Warning({ state: { form } }: { state: FormState }) {
  const text =
    form.auth === 'credssp'
      ? 'The server gets your password and can use it as you anywhere. Only for servers you would type it on.'
      : form.auth === 'basic' && !form.https && form.allowPlainBasic
        ? 'Everyone on the way can read this password and all you do on the server.'
        : null;
  if (text === null) return null;
  return (
    <div className={`callout ${form.auth === 'basic' ? 'bad' : 'busy'} under-field`} role="status">
      <TriangleAlert aria-hidden />
      <span>{text}</span>
    </div>
  );
}
