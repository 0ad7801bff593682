/** `psdeck convert`: CLIXML to JSON and back, without a server. */
import { serializeDocument } from '../protocol/clixml/serialize.ts';
import { UsageError } from '../protocol/errors.ts';
import { jsonLine } from './formats.ts';
import { readClixml, readJsonValues } from './input.ts';
import { EXIT, Problem } from './problem.ts';

/** @throws Problem */
export function convert(text: string, to: 'json' | 'clixml'): string {
  if (to === 'json') {
    const { values, streams } = readClixml(text);
    return values
      .map((value, i) => {
        const stream = streams[i];
        const json = jsonLine(value);
        // What was written to another stream than the output must not pass for output.
        return stream === undefined || stream.toLowerCase() === 'output'
          ? `${json}\n`
          : `{"stream":${JSON.stringify(stream)},"value":${json}}\n`;
      })
      .join('');
  }
  try {
    return `${serializeDocument(readJsonValues(text))}\n`;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new Problem(error.code, 'CLIXML cannot hold that.', { exit: EXIT.usage, why: error.message });
  }
}
