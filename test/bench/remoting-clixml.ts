/** CLIXML as we read and write it, beside .NET's own serialiser in the engine, on the same text. */
import { deserializeDocument } from '../../electron/protocol/clixml/deserialize.ts';
import { serializeDocument } from '../../electron/protocol/clixml/serialize.ts';
import { PowerShell, type RunspacePool } from '../../electron/remoting/index.ts';
import type { Figure } from './main.ts';
import { best } from './remoting-measure.ts';

const OBJECTS = 2000;
/** As issue and reference have it: warm, and the best of these. */
const RUNS = 200;
/** Single messages are measured by the thousand. */
const MESSAGE_RUNS = 20;

/** Two thousand objects with an object, a list and a dictionary inside, as one text, and as many texts of about 300 characters. */
const MAKE = `$global:nested = foreach ($i in 1..${String(OBJECTS)}) {
  [pscustomobject]@{ Id = $i; Name = "process $i"; When = [datetime]::new(2024, 1, 1).AddMinutes($i); Ready = $i % 2 -eq 0
    Owner = [pscustomobject]@{ Name = 'ada'; Groups = 'admins', 'users' }; Sizes = 1..5; Map = @{ a = 1; b = [double]$i / 3 } } }
$global:text = [System.Management.Automation.PSSerializer]::Serialize($global:nested, 3)
$global:messages = foreach ($i in 1..${String(OBJECTS)}) { [System.Management.Automation.PSSerializer]::Serialize([pscustomobject]@{ Id = $i; Name = "process $i" }) }
$global:text
$global:messages`;

/** Minima of so many runs, in milliseconds, and the very first. */
function timed(expression: string, runs: number): string {
  return `$watch = [System.Diagnostics.Stopwatch]::new(); $least = [double]::MaxValue; $first = -1.0
foreach ($run in 1..${String(runs)}) { $watch.Restart(); ${expression}; $took = $watch.Elapsed.TotalMilliseconds
  if ($first -lt 0) { $first = $took }; if ($took -lt $least) { $least = $took } }
$least; $first`;
}

export async function clixml(pool: RunspacePool): Promise<Figure[]> {
  const ask = async (script: string): Promise<number[]> =>
    (await new PowerShell(pool).addScript(script).invoke().collect()).output.map((value) =>
      Number(asNumber(value)),
    );
  const [text, ...messages] = (await new PowerShell(pool).addScript(MAKE).invoke().collect()).output.map(
    String,
  );
  if (text === undefined || messages.length !== OBJECTS) throw new Error('the engine made no texts');

  const ourFirst = best(1, () => deserializeDocument(text));
  const ourRead = best(RUNS, () => deserializeDocument(text));
  const { values } = deserializeDocument(text);
  // Into bytes: a string in pieces is put together only then.
  const ourWrite = best(RUNS, () => Buffer.from(serializeDocument(values)));
  const ourMessages = best(MESSAGE_RUNS, () => messages.forEach((message) => deserializeDocument(message)));

  const serializer = '[System.Management.Automation.PSSerializer]';
  const [theirRead = 0, theirFirst = 0] = await ask(
    timed(`$null = ${serializer}::Deserialize($global:text)`, RUNS),
  );
  const [theirWrite = 0] = await ask(timed(`$null = ${serializer}::Serialize($global:nested, 3)`, RUNS / 2));
  const [theirMessages = 0] = await ask(
    timed(`foreach ($one in $global:messages) { $null = ${serializer}::Deserialize($one) }`, MESSAGE_RUNS),
  );

  const size = `${(text.length / 1e6).toFixed(1)} MB`;
  return [
    ...compared(`read CLIXML, ${String(OBJECTS)} nested objects, ${size}`, ourRead, theirRead, 'at least 2'),
    ...compared(`read CLIXML, first call`, ourFirst, theirFirst, 'at least 1.5'),
    ...compared(`read ${String(OBJECTS)} messages of 300 bytes`, ourMessages, theirMessages, 'at least 2'),
    ...compared(`write CLIXML, the same objects`, ourWrite, theirWrite, 'at least 3'),
  ];
}

function compared(name: string, ours: number, theirs: number, aim: string): Figure[] {
  return [
    { name, value: ours, unit: 'ms' },
    { name: '  .NET', value: theirs, unit: 'ms' },
    { name: '  times as fast', value: theirs / ours, unit: '×', aim },
  ];
}

/** A double comes as a wrapped primitive. */
function asNumber(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'value' in value ? value.value : value;
}
