import { psList, psPrimitiveDictionary, psVersion } from '../clixml/value.ts';
import type { PsObject } from '../clixml/value.ts';

export interface ClientFacts {
  /** The PowerShell version whose behaviour the client follows, as `7.6.5`. */
  readonly psVersion: string;
  /** As the operating system calls itself. */
  readonly os: string;
  readonly platform: 'Win32NT' | 'Unix';
}

/** The PowerShell versions whose scripts a 7.x understands, as its own client lists them. */
const COMPATIBLE = ['1.0', '2.0', '3.0', '4.0', '5.0', '5.1', '6.0', '7.0'];

/** What PowerShell's own client tells of itself: `$PSSenderInfo.ApplicationArguments` on the server ([MS-PSRP] 2.2.3.18, 2.2.2.2). */
export function applicationArguments(facts: ClientFacts): PsObject {
  return psPrimitiveDictionary({
    PSVersionTable: psPrimitiveDictionary({
      PSVersion: psVersion(facts.psVersion),
      PSEdition: 'Core',
      PSSemanticVersion: facts.psVersion,
      GitCommitId: facts.psVersion,
      OS: facts.os,
      Platform: facts.platform,
      PSCompatibleVersions: psList(
        COMPATIBLE.map((version) => psVersion(version)),
        ['System.Version[]', 'System.Array', 'System.Object'],
      ),
      PSRemotingProtocolVersion: psVersion('2.4'),
      SerializationVersion: psVersion('1.1.0.1'),
      WSManStackVersion: psVersion('3.0'),
    }),
  });
}
