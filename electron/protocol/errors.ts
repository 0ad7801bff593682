/**
 * The errors of the protocol layer. Blame is a type: {@link ProtocolError} is the peer's violation, {@link UsageError} is our own
 * misuse of the protocol objects. Both carry data; the message derives from it.
 */

/** What a peer sent that no conforming peer would send. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  /** Stable, dotted, lower case: `clixml.depth`, `psrp.fragment.order`, `wsman.envelope.missing-action`. */
  readonly code: string;
  /** Byte or character offset into the offending input, when there is one. */
  readonly offset: number | undefined;
  /** Further facts, never payload text: types, ids, lengths. */
  readonly facts: Readonly<Record<string, string | number | boolean>>;

  constructor(
    code: string,
    what: string,
    facts: Readonly<Record<string, string | number | boolean>> & { offset?: number } = {},
  ) {
    const { offset, ...rest } = facts;
    super(offset === undefined ? what : `${what} (at offset ${offset})`);
    this.code = code;
    this.offset = offset;
    this.facts = rest;
  }
}

/** A call that the state of the object it is made on does not allow. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code: string;
  readonly facts: Readonly<Record<string, string | number | boolean>>;

  constructor(code: string, what: string, facts: Readonly<Record<string, string | number | boolean>> = {}) {
    super(what);
    this.code = code;
    this.facts = facts;
  }
}
