/** What `--help` says. */
import type { CommandName } from './options.ts';

const COMMON = `
Where and as whom
  -s, --server NAME        name or address of the server
  -p, --port PORT          default: 5986 with HTTPS, 5985 with HTTP
      --https | --http     default: HTTPS
  -u, --user USER          USER, DOMAIN\\USER or USER@DOMAIN. Without it a Kerberos ticket or the system's own
                           log-on serves where it can; else it is asked for
      --configuration NAME session configuration (default: Microsoft.PowerShell)
      --ca FILE            PEM or DER of an authority to trust besides the system's
      --fingerprint SHA256 accept the certificate with this SHA-256 although it does not verify
      --timeout SECONDS    how long connecting and signing in may take
      --password-stdin     the first line of stdin is the password
      --details            show the raw fault of an error

How to sign in
      --auth METHOD        negotiate: Kerberos where it can be had, else NTLM; or one of kerberos, ntlm, basic,
                           credssp (the server gets the password) and certificate
      --forbid-ntlm        rather refuse than go on with NTLM
      --allow-ntlm-over-http
                           NTLM over HTTP is encrypted, but does not prove which server answers
      --allow-plain-basic  let Basic send the password readable over HTTP
      --spn SERVICE/HOST   Kerberos: the registered name, where it is not HTTP and the server's; HOST alone will do
      --delegate           Kerberos: let the server act for you on other machines
      --ticket-cache NAME  Kerberos: as KRB5CCNAME names it
      --keytab FILE        Kerberos: get the ticket with a key instead of a password
      --credssp-older      accept CredSSP below version 5 (CVE-2018-0886)
      --cert FILE          your certificate for --auth certificate: PFX, or PEM with its key
      --cert-key FILE      the key, where it is in a file of its own
      --proxy HOST:PORT    reach the server through an HTTP proxy; USER@HOST:PORT where it wants one,
                           system for the one that the environment names

The password is asked for without echo, unless PSDECK_PASSWORD or --password-stdin gives it. It is never taken from the command line.
That of a proxy comes from PSDECK_PROXY_PASSWORD in the same way, that of a certificate from PSDECK_CERT_PASSWORD.
`;

const CODES = `
Exit codes: 0 fine, 1 the command failed or wrote errors, 2 wrong usage, 3 no connection or sign-in, 130 interrupted.
`;

const OF: Readonly<Record<CommandName, string>> = {
  invoke: `Usage: psdeck invoke --server NAME (--script TEXT | --file FILE | --command NAME) [options]

Runs a script or a command on a server. Ctrl+C stops it; a second Ctrl+C ends at once.

What to run
      --script TEXT        a script
  -f, --file FILE          a script from a file here; - for stdin
  -c, --command NAME       a command, also where scripts are not allowed
      --arg TEXT           a positional argument; may come again
      --param NAME=TEXT    a parameter; NAME:=JSON for a number, a list or an object; NAME alone for a switch
      --input [FORMAT]     pipe stdin into it: auto (default), jsonl, json, clixml, or text (each line a string)

What comes out
      --format FORMAT      table: as the server's PowerShell formats it (default in a terminal)
                           json: an object a line (default in a pipe); csv as Export-Csv; clixml as Export-Clixml
      --width COLUMNS      of a table (default: the terminal's, or 120)

Errors, warnings and the like go to stderr; Write-Host too, unless the format is table.
${COMMON}${CODES}`,
  enter: `Usage: psdeck enter --server NAME [options]

A session in this terminal: the remote prompt, Tab completion, history, prompts. Ctrl+C stops a command, exit leaves.
Where stdin is no terminal, its lines are run one after the other.
${COMMON}${CODES}`,
  test: `Usage: psdeck test --server NAME [options]

Says what answers there (as Test-WSMan does) and whether the user may open a session.

      --format FORMAT      table (default) or json
${COMMON}${CODES}`,
  winrs: `Usage: psdeck winrs --server NAME [options] -- COMMAND [ARGUMENTS]

Runs a command line of the operating system there. Stdin, stdout and stderr are passed on, and the exit code is the command's.

      --directory PATH     where it runs
${COMMON}`,
  shells: `Usage: psdeck shells --server NAME [options]

Lists the shells (sessions) of the user on a server, those of other clients too.

      --remove ID          end one
      --format FORMAT      table (default) or json
${COMMON}${CODES}`,
  connect: `Usage: psdeck connect --server NAME --id ID [options]

Takes over a session that was left on the server, by PSDeck, by PowerShell or by another computer: shows what it has to say since, then
goes inside. Who leaves it with exit leaves it there again, disconnected. While another client has it, it is tried again for a while.

      --id ID              as psdeck shells lists it
${COMMON}${CODES}`,
  receive: `Usage: psdeck receive --server NAME --id ID [options]

Shows what runs in a session that was left on the server, to its end, and leaves the session there. Ctrl+C stops showing; the command runs on.

      --id ID              as psdeck shells lists it
${COMMON}${CODES}`,
  remove: `Usage: psdeck remove --server NAME --id ID [options]

Ends a session on the server, whoever made it, and what runs in it.

      --id ID              as psdeck shells lists it
${COMMON}${CODES}`,
  convert: `Usage: psdeck convert --to (json | clixml) <IN >OUT

Converts objects between CLIXML (as Export-Clixml writes it) and JSON, without a server.

  --to json    an object a line; what JSON has no type for becomes text
  --to clixml  from one JSON document or one on each line; objects become PSCustomObject, integers Int32 or Int64
`,
};

const ALL = `Usage: psdeck COMMAND [options]

PowerShell remoting from the command line.

  invoke     run a script or a command on a server
  enter      a session in this terminal
  test       what answers there, and may I in
  winrs      run a command of the operating system
  shells     list and remove one's sessions
  connect    go into a session that was left on the server
  receive    show what runs in one, and leave it there
  remove     end one
  convert    CLIXML to JSON and back

psdeck COMMAND --help says more, psdeck --version which one this is.
${CODES}`;

export function helpText(command: CommandName | undefined): string {
  return command === undefined ? ALL : OF[command];
}
