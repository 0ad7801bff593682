/**
 * The element names of CLIXML as numbers, so that the reader can switch on them without cutting a string: up to four ASCII characters
 * packed little-endian; the three longer names have numbers of their own.
 */
export const tagS = 0x53;
export const tagB = 0x42;
export const tagC = 0x43;
export const tagD = 0x44;
export const tagG = 0x47;
export const tagT = 0x54;
export const tagBy = 0x7942;
export const tagSB = 0x4253;
export const tagDT = 0x5444;
export const tagTS = 0x5354;
export const tagSg = 0x6753;
export const tagDb = 0x6244;
export const tagBA = 0x4142;
export const tagXD = 0x4458;
export const tagSS = 0x5353;
export const tagPR = 0x5250;
export const tagTN = 0x4e54;
export const tagMS = 0x534d;
export const tagIE = 0x4549;
export const tagEn = 0x6e45;
export const tagAV = 0x5641;
export const tagAI = 0x4941;
export const tagPI = 0x4950;
export const tagPC = 0x4350;
export const tagSR = 0x5253;
export const tagSD = 0x4453;
export const tagI16 = 0x363149;
export const tagI32 = 0x323349;
export const tagI64 = 0x343649;
export const tagU16 = 0x363155;
export const tagU32 = 0x323355;
export const tagU64 = 0x343655;
export const tagURI = 0x495255;
export const tagSBK = 0x4b4253;
export const tagNil = 0x6c694e;
export const tagRef = 0x666552;
export const tagObj = 0x6a624f;
export const tagLST = 0x54534c;
export const tagSTK = 0x4b5453;
export const tagQUE = 0x455551;
export const tagDCT = 0x544344;
export const tagObjs = 0x736a624f;
/** Longer names: below every packed ASCII name. */
export const tagVersion = 1;
export const tagProps = 2;
export const tagToString = 3;
export const tagTNRef = 4;
/** No name of CLIXML. */
export const tagUnknown = 5;
/** Not an element: the end tag of the enclosing one. */
export const tagEnd = 0;

/** What to call a tag in an error. */
export function tagName(tag: number): string {
  switch (tag) {
    case tagVersion:
      return 'Version';
    case tagProps:
      return 'Props';
    case tagToString:
      return 'ToString';
    case tagTNRef:
      return 'TNRef';
    case tagUnknown:
      return '?';
    default: {
      let name = '';
      for (let rest = tag; rest > 0; rest = Math.floor(rest / 256)) name += String.fromCharCode(rest % 256);
      return name;
    }
  }
}
