/** Bounds on what one XML text from a peer may cost. */
export interface XmlLimits {
  /** UTF-16 units of the whole text. */
  readonly maxLength: number;
  /** Open elements at one time. */
  readonly maxDepth: number;
  /** Elements in the whole text. */
  readonly maxElements: number;
  /** Attributes of one element, namespace declarations included. */
  readonly maxAttributes: number;
}

/**
 * What a WS-Management envelope is allowed.
 *
 * - 8 Mi units: WinRM's MaxEnvelopeSize is 500 KB by default and few raise it past 4 MB.
 * - depth 64: the deepest envelope recorded (a fault with provider details) nests 10.
 * - 200,000 elements: an enumeration of every shell or of the whole configuration has some thousands.
 * - 64 attributes: the root of an envelope declares about a dozen namespaces.
 */
export const envelopeLimits: XmlLimits = {
  maxLength: 8 * 1024 * 1024,
  maxDepth: 64,
  maxElements: 200_000,
  maxAttributes: 64,
};
