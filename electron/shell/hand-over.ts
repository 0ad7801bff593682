/** A second start on a data folder that is in use: the first one lets the person in. */
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { holderOf, type Holder } from './data-folder.ts';

/** Where the first one gives an address to who knows its key; asked by a program, never by a page. */
export const HAND_OVER_PATH = '/another';
export const HAND_OVER_HEADER = 'x-psdeck-key';

/** Answered at once by one that is well. */
const ANSWER_MS = 5_000;
/** From its first moment to the one when it listens: opening stores and the journal, on a slow disk. */
const START_MS = 15_000;
const POLL_MS = 100;

export const Addresses = z.object({ printed: z.url(), handed: z.url() });
export type Addresses = z.infer<typeof Addresses>;

/** Addresses of the PSDeck that runs; rejects with a sentence for the person where it does not answer. */
export async function askForAddresses(folder: string, first: Holder): Promise<Addresses> {
  const holder = await untilItListens(folder, first);
  if (holder?.at !== undefined) {
    const { port, key } = holder.at;
    try {
      const answer = await fetch(`http://127.0.0.1:${String(port)}${HAND_OVER_PATH}`, {
        headers: { [HAND_OVER_HEADER]: key },
        redirect: 'error',
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      if (answer.ok) return Addresses.parse(await answer.json());
    } catch {
      // Said below.
    }
  }
  throw new Error(
    `PSDeck runs already, as process ${String(first.pid)}, on the data in ${folder}, and does not answer. ` +
      'End that process and start again, or let this one keep its data elsewhere: PSDECK_DATA_DIR names a folder.',
  );
}

async function untilItListens(folder: string, first: Holder): Promise<Holder | undefined> {
  let holder: Holder | undefined = first;
  const until = performance.now() + START_MS;
  while (holder !== undefined && holder.at === undefined && performance.now() < until) {
    // oxlint-disable-next-line no-await-in-loop
    await wait(POLL_MS);
    // oxlint-disable-next-line no-await-in-loop
    holder = await holderOf(folder);
  }
  return holder;
}
