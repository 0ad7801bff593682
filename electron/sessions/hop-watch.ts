/** Looks whether a command failed for the double hop, and explains that in the page, once for each machine. */
import { noticeLine } from '../console/page-text.ts';
import type { HostInfo } from '../protocol/psrp/host-info.ts';
import type { RunspacePool } from '../remoting/index.ts';
import { canHopOn, doubleHopLines, secondHop } from './double-hop.ts';
import type { Page } from './page.ts';
import type { QuietWork } from './quiet-work.ts';
import type { ServerFacts } from './server-facts.ts';

export interface HopPort {
  readonly server: ServerFacts;
  readonly page: Pick<Page, 'append'>;
  readonly quiet: Pick<QuietWork, 'recentErrors'>;
  readonly host: { readonly info: HostInfo };
  pool(): RunspacePool;
  isOpen(): boolean;
}

export class HopWatch {
  readonly #port: HopPort;
  readonly #told = new Set<string>();
  /** An endpoint that runs no scripts is asked once. */
  #mayAsk = true;

  constructor(port: HopPort) {
    this.#port = port;
  }

  /** After a command that failed. */
  async look(commandId: number): Promise<void> {
    const { server, page, quiet, host } = this.#port;
    if (!this.#mayAsk || !this.#port.isOpen() || canHopOn(server)) return;
    const errors = await quiet.recentErrors(this.#port.pool(), host.info);
    if (errors === undefined) {
      this.#mayAsk = false;
      return;
    }
    for (const error of errors) {
      const hop = secondHop(error, server);
      if (hop === undefined || this.#told.has(hop.machine.toLowerCase())) continue;
      this.#told.add(hop.machine.toLowerCase());
      // oxlint-disable-next-line no-await-in-loop -- one after the other, as they stand in the page
      await page.append(commandId, [noticeLine(doubleHopLines(hop, server).join('\n'))]);
    }
  }
}
