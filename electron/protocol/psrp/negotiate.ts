import { ProtocolError } from '../errors.ts';
import type { SessionCapability } from './messages/session-capability.ts';
import { minorOf } from './pipeline-spec.ts';
import type { ProtocolVersion } from './pipeline-spec.ts';

const SPOKEN: readonly ProtocolVersion[] = ['2.1', '2.2', '2.3', '2.4'];

/**
 * The version both sides speak ([MS-PSRP] 3.1.5.4.1): the lower of the two. A newer minor of the peer is no obstacle; another major is,
 * and so is 2.0, which only preview releases of PowerShell 2 spoke.
 */
export function negotiate(ours: ProtocolVersion, peer: SessionCapability): ProtocolVersion {
  const match = /^(\d{1,9})\.(\d{1,9})(?:\.|$)/.exec(peer.protocolVersion);
  const major = Number(match?.[1] ?? Number.NaN);
  const minor = Number(match?.[2] ?? Number.NaN);
  const version = SPOKEN.find((each) => minorOf(each) === Math.min(minor, minorOf(ours)));
  if (major !== 2 || version === undefined) {
    throw new ProtocolError('psrp.capability.version', 'The server speaks another version of PSRP.', {
      theirs: peer.protocolVersion.slice(0, 32),
      ours,
    });
  }
  return version;
}
