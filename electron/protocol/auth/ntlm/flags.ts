/** [MS-NLMP] 2.2.2.5, those that mean something to NTLMv2. */
export const NTLM_FLAG = {
  unicode: 0x0000_0001,
  oem: 0x0000_0002,
  requestTarget: 0x0000_0004,
  sign: 0x0000_0010,
  seal: 0x0000_0020,
  ntlm: 0x0000_0200,
  domainSupplied: 0x0000_1000,
  workstationSupplied: 0x0000_2000,
  alwaysSign: 0x0000_8000,
  targetTypeServer: 0x0002_0000,
  extendedSessionSecurity: 0x0008_0000,
  targetInfo: 0x0080_0000,
  version: 0x0200_0000,
  key128: 0x2000_0000,
  keyExchange: 0x4000_0000,
  key56: 0x8000_0000,
} as const;

export function has(flags: number, flag: number): boolean {
  return (flags & flag) !== 0;
}

/** What a session of ours stands on. Without extended session security the session keys are NTLMv1's, without 128 bits they can be tried out. */
const NEEDED = [
  ['unicode', NTLM_FLAG.unicode],
  ['extendedSessionSecurity', NTLM_FLAG.extendedSessionSecurity],
  ['key128', NTLM_FLAG.key128],
  ['sign', NTLM_FLAG.sign],
  ['seal', NTLM_FLAG.seal],
] as const;

/** Names of the flags that are missing. */
export function missingFlags(flags: number): string[] {
  return NEEDED.filter(([, flag]) => !has(flags, flag)).map(([name]) => name);
}
