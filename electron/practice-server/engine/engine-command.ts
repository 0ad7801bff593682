/** What both ways to a PowerShell engine have in common: how to start it, what it is, why there is none. */

export interface EngineCommand {
  /** `pwsh`: PowerShell itself. `reduced`: its engine from NuGet with the practice server's own everyday commands. */
  readonly kind: 'pwsh' | 'reduced';
  readonly file: string;
  readonly args: readonly string[];
  /** What makes an engine compile its everyday commands before it is needed, if it can. */
  readonly warmArgs: readonly string[];
  /** The option for a session configuration file, which says what a session may do; undefined where it cannot take one. */
  readonly configurationOption?: string;
  /** PowerShell's version: `7.6.9`. */
  readonly version: string;
  /** What a person must be told when they enter a session of it. */
  readonly banner: string | undefined;
}

/** There is no engine to start, or it did not start. The message says what to do. */
export class EngineUnavailableError extends Error {
  override readonly name = 'EngineUnavailableError';
  readonly code:
    'engine.none' | 'engine.restore-failed' | 'engine.build-failed' | 'engine.start-failed' | 'engine.ended';
  /** What the tool said, bounded. For a diagnosis, folded away. */
  readonly details: string | undefined;

  constructor(code: EngineUnavailableError['code'], message: string, details?: string) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

export const HOW_TO_GET_AN_ENGINE =
  'The practice server needs PowerShell 7 (https://aka.ms/install-powershell) or the .NET 10 SDK (https://dot.net/download), ' +
  'with which it builds a small engine once. Install either, then try again.';
