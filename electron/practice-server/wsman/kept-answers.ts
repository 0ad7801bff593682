/** The last answer to each Receive, for a client that did not get it and asks again ([MS-WSMV] 3.1.4.1.39). */
import { bareId } from '../../protocol/wsman/faults.ts';
import type { Header } from '../../protocol/wsman/envelope.ts';
import type { ReceiveRequest } from '../../protocol/wsman/receive.ts';
import { operationIdInUse } from './refusals.ts';
import { idKey } from './shell.ts';

interface Kept {
  readonly operationId: string;
  readonly body: string;
}

/** An answer has at most half a megabyte, and whoever comes back does so soon: the oldest go first. */
const MOST_KEPT = 100;

export class KeptAnswers {
  readonly #kept = new Map<string, Kept>();

  /** What was answered before. Throws a Refusal for another request by the same id. */
  of(request: ReceiveRequest, { operationId, isRetransmission }: Header): string | undefined {
    const kept = this.#kept.get(keyOf(request));
    if (kept === undefined || operationId === undefined || kept.operationId !== idKey(bareId(operationId)))
      return undefined;
    if (!isRetransmission) throw operationIdInUse();
    return kept.body;
  }

  keep(request: ReceiveRequest, { operationId }: Header, body: string): void {
    if (operationId === undefined) return;
    this.#kept.delete(keyOf(request));
    this.#kept.set(keyOf(request), { operationId: idKey(bareId(operationId)), body });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MOST_KEPT && oldest !== undefined) this.#kept.delete(oldest);
  }
}

function keyOf({ shellId, commandId }: ReceiveRequest): string {
  return `${idKey(shellId)} ${commandId === undefined ? '' : idKey(commandId)}`;
}
