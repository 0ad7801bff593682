/** What may stand on the command line. Nothing here reads a file, a terminal or the environment. */
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { usageProblem } from './problem.ts';

export const COMMANDS = [
  'invoke',
  'enter',
  'test',
  'winrs',
  'shells',
  'connect',
  'receive',
  'remove',
  'convert',
] as const;
export type CommandName = (typeof COMMANDS)[number];

export const FORMATS = ['table', 'json', 'clixml', 'csv'] as const;
export type Format = (typeof FORMATS)[number];

const INPUTS = ['auto', 'jsonl', 'json', 'clixml', 'text'] as const;
export type InputFormat = (typeof INPUTS)[number];

export const AUTHS = ['negotiate', 'kerberos', 'ntlm', 'basic', 'credssp', 'certificate'] as const;

/** Where to connect and as whom, without the password. */
export interface ServerOptions {
  readonly server: string;
  readonly port: number | undefined;
  readonly https: boolean;
  readonly user: string | undefined;
  readonly configuration: string | undefined;
  readonly caFile: string | undefined;
  readonly fingerprint: string | undefined;
  readonly auth: (typeof AUTHS)[number] | undefined;
  readonly allowPlainBasic: boolean;
  readonly allowNtlmOverHttp: boolean;
  readonly forbidNtlm: boolean;
  readonly delegate: boolean;
  readonly spn: { readonly service?: string; readonly host?: string } | undefined;
  readonly cache: string | undefined;
  readonly keytab: string | undefined;
  readonly credSspOlder: boolean;
  readonly certificateFile: string | undefined;
  readonly certificateKeyFile: string | undefined;
  /** `host:port`, with `user@` before it where the proxy wants one, or `system`. */
  readonly proxy: string | undefined;
  readonly timeoutMs: number | undefined;
  readonly passwordStdin: boolean;
}

export interface Parameter {
  readonly name: string;
  /** Undefined for a switch. */
  readonly value: { readonly kind: 'text' | 'json'; readonly text: string } | undefined;
}

export type Argument =
  { readonly kind: 'positional'; readonly text: string } | ({ readonly kind: 'named' } & Parameter);

export type Invocation =
  | { readonly kind: 'help'; readonly command: CommandName | undefined }
  | { readonly kind: 'version' }
  | {
      readonly kind: 'invoke';
      readonly server: ServerOptions;
      readonly source: { readonly kind: 'script' | 'file' | 'command'; readonly text: string };
      readonly arguments: readonly Argument[];
      readonly input: InputFormat | undefined;
      readonly format: Format | undefined;
      readonly width: number | undefined;
    }
  | { readonly kind: 'enter'; readonly server: ServerOptions }
  | { readonly kind: 'test'; readonly server: ServerOptions; readonly json: boolean }
  | {
      readonly kind: 'winrs';
      readonly server: ServerOptions;
      readonly line: string;
      readonly directory: string | undefined;
    }
  | {
      readonly kind: 'shells';
      readonly server: ServerOptions;
      readonly json: boolean;
      readonly remove: string | undefined;
    }
  | {
      readonly kind: 'connect' | 'receive' | 'remove';
      readonly server: ServerOptions;
      /** Of a shell on the server. */
      readonly id: string;
    }
  | { readonly kind: 'convert'; readonly to: 'json' | 'clixml' };

export interface CommandLine {
  readonly invocation: Invocation;
  readonly details: boolean;
}

const ALWAYS = {
  help: { type: 'boolean', short: 'h' },
  details: { type: 'boolean' },
} as const satisfies ParseArgsOptionsConfig;

const SERVER = {
  server: { type: 'string', short: 's' },
  port: { type: 'string', short: 'p' },
  http: { type: 'boolean' },
  https: { type: 'boolean' },
  user: { type: 'string', short: 'u' },
  auth: { type: 'string' },
  configuration: { type: 'string' },
  ca: { type: 'string' },
  fingerprint: { type: 'string' },
  'allow-plain-basic': { type: 'boolean' },
  'allow-ntlm-over-http': { type: 'boolean' },
  'forbid-ntlm': { type: 'boolean' },
  delegate: { type: 'boolean' },
  spn: { type: 'string' },
  'ticket-cache': { type: 'string' },
  keytab: { type: 'string' },
  'credssp-older': { type: 'boolean' },
  cert: { type: 'string' },
  'cert-key': { type: 'string' },
  proxy: { type: 'string' },
  timeout: { type: 'string' },
  'password-stdin': { type: 'boolean' },
} as const satisfies ParseArgsOptionsConfig;

const OWN = {
  invoke: {
    script: { type: 'string' },
    file: { type: 'string', short: 'f' },
    command: { type: 'string', short: 'c' },
    arg: { type: 'string', multiple: true },
    param: { type: 'string', multiple: true },
    input: { type: 'string' },
    format: { type: 'string' },
    width: { type: 'string' },
  },
  enter: {},
  test: { format: { type: 'string' } },
  winrs: { directory: { type: 'string' } },
  shells: { format: { type: 'string' }, remove: { type: 'string' } },
  connect: { id: { type: 'string' } },
  receive: { id: { type: 'string' } },
  remove: { id: { type: 'string' } },
  convert: { to: { type: 'string' } },
} as const satisfies Record<CommandName, ParseArgsOptionsConfig>;

/** @throws Problem with the exit code for wrong usage. */
export function parseCommandLine(args: readonly string[]): CommandLine {
  refusePasswords(args);
  const [first, ...rest] = args;
  if (first === undefined || first === '--help' || first === '-h' || first === 'help') {
    const about = first === 'help' ? rest[0] : undefined;
    return { invocation: { kind: 'help', command: isCommand(about) ? about : undefined }, details: false };
  }
  if (first === '--version' || first === '-v') return { invocation: { kind: 'version' }, details: false };
  if (!isCommand(first)) {
    throw usageProblem(
      first.startsWith('-') ? `The command comes first, not ${first}.` : `There is no command "${first}".`,
      `Commands: ${COMMANDS.join(', ')}. See psdeck --help.`,
    );
  }
  return read(first, rest);
}

function read(command: CommandName, args: readonly string[]): CommandLine {
  const options: ParseArgsOptionsConfig = {
    ...ALWAYS,
    ...(command === 'convert' ? {} : SERVER),
    ...OWN[command],
  };
  const found = parse(command, command === 'invoke' ? withInputFormat(args) : args, options);
  const given = new Given(command, found.values, found.tokens);
  if (given.flag('help')) return { invocation: { kind: 'help', command }, details: false };
  const details = given.flag('details');
  if (command !== 'winrs' && found.positionals.length > 0) {
    throw usageProblem(
      `"${found.positionals[0] ?? ''}" stands alone: every value of ${command} belongs to an option.`,
      `See psdeck ${command} --help.`,
    );
  }
  switch (command) {
    case 'invoke':
      return { invocation: readInvoke(given), details };
    case 'enter':
      return { invocation: { kind: command, server: readServer(given) }, details };
    case 'test':
      return { invocation: { kind: command, server: readServer(given), json: readJson(given) }, details };
    case 'winrs': {
      // As winrs and ssh do it: one line, for the shell at the other end.
      const line = found.positionals.join(' ');
      if (line.trim() === '') throw given.wrong('winrs needs a command, after --.');
      const server = readServer(given);
      return { invocation: { kind: command, server, line, directory: given.text('directory') }, details };
    }
    case 'shells': {
      const remove = given.text('remove');
      return {
        invocation: { kind: command, server: readServer(given), json: readJson(given), remove },
        details,
      };
    }
    case 'connect':
    case 'receive':
    case 'remove': {
      const id = given.text('id');
      if (id === undefined || id === '')
        throw given.wrong(`${command} needs --id: psdeck shells lists them.`);
      return { invocation: { kind: command, server: readServer(given), id }, details };
    }
    case 'convert':
      return {
        invocation: { kind: command, to: given.required('to', ['json', 'clixml'] as const) },
        details,
      };
  }
}

function readInvoke(given: Given): Invocation {
  const sources = (['script', 'file', 'command'] as const).flatMap((kind) => {
    const text = given.text(kind);
    return text === undefined ? [] : [{ kind, text }];
  });
  const [source] = sources;
  if (source === undefined || sources.length > 1) {
    throw given.wrong('invoke needs one of --script, --file and --command, and only one.');
  }
  if (source.kind === 'command' && source.text.trim() === '') throw given.wrong('--command needs a name.');
  const input = given.choice('input', INPUTS);
  const server = readServer(given);
  if (source.kind === 'file' && source.text === '-' && (input !== undefined || server.passwordStdin)) {
    throw given.wrong('--file - takes all of stdin: nothing else can come from there.');
  }
  return {
    kind: 'invoke',
    server,
    source,
    arguments: given
      .ordered(['arg', 'param'])
      .map(({ name, value }) =>
        name === 'arg' ? { kind: 'positional', text: value } : { kind: 'named', ...readParameter(value) },
      ),
    input,
    format: given.choice('format', FORMATS),
    width: given.number('width', 20, 10_000),
  };
}

/** `Name=text`, `Name:=json`, or `Name` alone for a switch. */
export function readParameter(text: string): Parameter {
  const match = /^-?([^=:\s]+)(?:(:?=)([\s\S]*))?$/.exec(text);
  const [, name, sign, value] = match ?? [];
  if (name === undefined) {
    throw usageProblem(
      `--param "${text}" is neither NAME=TEXT nor NAME:=JSON nor the NAME of a switch.`,
      'See psdeck invoke --help.',
    );
  }
  if (sign === undefined) return { name, value: undefined };
  return { name, value: { kind: sign === ':=' ? 'json' : 'text', text: value ?? '' } };
}

function readServer(given: Given): ServerOptions {
  const server = given.text('server');
  if (server === undefined || server === '') throw given.wrong('--server is missing.');
  if (/[\s/@\\]/.test(server)) {
    throw given.wrong(`--server takes a name or an address, not "${server}"; the port goes to --port.`);
  }
  if (given.flag('http') && given.flag('https')) throw given.wrong('--http and --https exclude each other.');
  const auth = given.choice('auth', AUTHS);
  const certificateFile = given.text('cert');
  const https = !given.flag('http');
  if (auth === 'certificate' && certificateFile === undefined) {
    throw given.wrong('--auth certificate needs --cert FILE.');
  }
  if (certificateFile !== undefined && auth !== 'certificate') {
    throw given.wrong('--cert goes with --auth certificate.');
  }
  if (auth === 'certificate' && !https) throw given.wrong('A certificate signs in over HTTPS only.');
  if (given.text('keytab') !== undefined && given.text('user') === undefined) {
    throw given.wrong('--keytab needs --user: a keytab may hold the keys of several.');
  }
  const seconds = given.number('timeout', 1, 86_400);
  return {
    server,
    port: given.number('port', 1, 65_535),
    https,
    user: given.text('user'),
    configuration: given.text('configuration'),
    caFile: given.text('ca'),
    fingerprint: readFingerprint(given),
    auth,
    allowPlainBasic: given.flag('allow-plain-basic'),
    allowNtlmOverHttp: given.flag('allow-ntlm-over-http'),
    forbidNtlm: given.flag('forbid-ntlm'),
    delegate: given.flag('delegate'),
    spn: readSpn(given),
    cache: given.text('ticket-cache'),
    keytab: given.text('keytab'),
    credSspOlder: given.flag('credssp-older'),
    certificateFile,
    certificateKeyFile: given.text('cert-key'),
    proxy: readProxy(given),
    timeoutMs: seconds === undefined ? undefined : seconds * 1000,
    passwordStdin: given.flag('password-stdin'),
  };
}

/** `SERVICE/HOST`, or the host alone. */
function readSpn(given: Given): ServerOptions['spn'] {
  const text = given.text('spn');
  if (text === undefined) return undefined;
  const [, service, host] = /^(?:([^\s/@]+)\/)?([^\s/@]+)$/.exec(text) ?? [];
  if (host === undefined) throw given.wrong(`--spn takes SERVICE/HOST or HOST, not "${text}".`);
  return service === undefined ? { host } : { service, host };
}

function readProxy(given: Given): string | undefined {
  const text = given.text('proxy');
  if (text === undefined || text === 'system') return text;
  const [, user, host] =
    /^(?:http:\/\/)?(?:([^@/]*)@)?((?:\[[^\]]+\]|[^\s:/@[\]]+):\d{1,5})\/?$/i.exec(text) ?? [];
  // Not even its presence may help anybody: it would stand in the process list, and is in no message.
  if (user?.includes(':') === true) {
    throw given.wrong('--proxy takes no password: it is asked for, or comes from PSDECK_PROXY_PASSWORD.');
  }
  if (host === undefined) throw given.wrong('--proxy takes HOST:PORT, USER@HOST:PORT or system.');
  return user === undefined || user === '' ? host : `${user}@${host}`;
}

/** SHA-256 with or without colons; as certificates are described: upper-case pairs with colons. */
function readFingerprint(given: Given): string | undefined {
  const text = given.text('fingerprint');
  if (text === undefined) return undefined;
  const digits = text.replaceAll(':', '').toUpperCase();
  if (!/^[0-9A-F]{64}$/.test(digits)) {
    throw given.wrong('--fingerprint takes a SHA-256: 32 pairs of hex digits, as AA:BB:…');
  }
  return (digits.match(/../g) ?? []).join(':');
}

function readJson(given: Given): boolean {
  return given.choice('format', ['table', 'json'] as const) === 'json';
}

/** A password among the arguments stands in every process list and shell history: not even its presence may help anybody. */
function refusePasswords(args: readonly string[]): void {
  for (const arg of args) {
    // What comes after is a command for the other side.
    if (arg === '--') return;
    if (/^--?pass(?:word|wd)?(?:=|$)/i.test(arg) || /^--?(?:pw|pwd)(?:=|$)/i.test(arg)) {
      throw usageProblem(
        'A password is not taken from the command line: every user of this computer could read it in the process list, and the shell keeps it in its history.',
        'Leave it out to be asked, set PSDECK_PASSWORD, or use --password-stdin.',
      );
    }
  }
}

/** `--input` may stand alone, which parseArgs does not know. */
function withInputFormat(args: readonly string[]): string[] {
  const out: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (arg !== '--input') {
      out.push(arg);
      continue;
    }
    const next = args[i + 1];
    const format = INPUTS.find((each) => each === next);
    if (format !== undefined) i++;
    out.push(`--input=${format ?? 'auto'}`);
  }
  return out;
}

type Parsed = { values: Values; positionals: string[]; tokens: Token[] };
type Values = Readonly<Record<string, unknown>>;
interface Token {
  readonly name: string;
  readonly value: string;
}

function parse(command: CommandName, args: readonly string[], options: ParseArgsOptionsConfig): Parsed {
  try {
    const { values, positionals, tokens } = parseArgs({
      args: [...args],
      options,
      allowPositionals: true,
      tokens: true,
    });
    return {
      values,
      positionals,
      tokens: tokens.flatMap((token) =>
        token.kind === 'option' && token.value !== undefined
          ? [{ name: token.name, value: token.value }]
          : [],
      ),
    };
  } catch (error) {
    const what = error instanceof Error ? (error.message.split('. To specify')[0] ?? '') : String(error);
    throw usageProblem(what.endsWith('.') ? what : `${what}.`, `See psdeck ${command} --help.`);
  }
}

/** The options as they were given, read with the errors a person understands. */
class Given {
  readonly #command: CommandName;
  readonly #values: Values;
  readonly #tokens: readonly Token[];

  constructor(command: CommandName, values: Values, tokens: readonly Token[]) {
    this.#command = command;
    this.#values = values;
    this.#tokens = tokens;
  }

  wrong(title: string): Error {
    return usageProblem(title, `See psdeck ${this.#command} --help.`);
  }

  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === 'string' ? value : undefined;
  }

  number(name: string, min: number, max: number): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const number = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
    if (number >= min && number <= max) return number;
    throw this.wrong(`--${name} takes a number from ${String(min)} to ${String(max)}, not "${text}".`);
  }

  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const choice = choices.find((each) => each === text.toLowerCase());
    if (choice === undefined) throw this.wrong(`--${name} is one of ${choices.join(', ')}, not "${text}".`);
    return choice;
  }

  required<T extends string>(name: string, choices: readonly T[]): T {
    const choice = this.choice(name, choices);
    if (choice === undefined) throw this.wrong(`--${name} is missing: ${choices.join(' or ')}.`);
    return choice;
  }

  /** In the order of the command line: positional arguments depend on it. */
  ordered(names: readonly string[]): Token[] {
    return this.#tokens.filter((token) => names.includes(token.name));
  }
}

function isCommand(text: string | undefined): text is CommandName {
  return COMMANDS.some((command) => command === text);
}
