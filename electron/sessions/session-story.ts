/** What a session's page tells of the session itself, between what its commands show. */
import { errorLine, noticeLine } from '../console/page-text.ts';
import type { AppError } from '../../shared/error.ts';
import type { Page } from './page.ts';
import type { ServerFacts } from './server-facts.ts';
import { cutNotice, gapNotice, restrictedNotice, resumedNotice, stopUnheard } from './session-words.ts';

export interface StoryOptions {
  readonly page: Page;
  readonly server: ServerFacts;
  /** The command in whose place it is told; 0 for none. */
  readonly commandId: () => number;
}

export class SessionStory {
  readonly #options: StoryOptions;

  constructor(options: StoryOptions) {
    this.#options = options;
  }

  /** Where something comes from, at the top: a sentence a line. */
  banner(text: string): void {
    void this.#options.page.append(0, [noticeLine(text.replace(/(?<=\.) (?=[A-Z])/g, '\n'))]);
  }

  cut(since: number): void {
    this.#say(cutNotice(since));
  }

  resumed(afterMs: number): void {
    this.#say(resumedNotice(afterMs));
  }

  /** Ctrl+C did not help. */
  stopUnheard(): void {
    this.#say(stopUnheard(this.#options.server));
  }

  /** It was disconnected, and not by us. */
  left({ title }: AppError): void {
    this.#say(title);
  }

  /** Messages to the session itself, to none of its commands, were lost. */
  missed(count: number, certain: boolean): void {
    void this.#options.page.append(0, [noticeLine(gapNotice(count, certain))]);
  }

  async restricted(): Promise<void> {
    const { page, server } = this.#options;
    await page.append(0, [noticeLine(restrictedNotice(server.configuration))]);
  }

  ended({ title, why }: AppError): void {
    void this.#options.page.append(0, [errorLine(why === undefined ? title : `${title}. ${why}`)]);
  }

  #say(notice: string): void {
    void this.#options.page.append(this.#options.commandId(), [noticeLine(notice)]);
  }
}
