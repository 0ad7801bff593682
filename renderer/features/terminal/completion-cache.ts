import { commandAt } from '../../../shared/powershell/commands.ts';
import { parse } from '../../../shared/powershell/parse.ts';
import type { Completion } from '../../../shared/terminal.ts';

/**
 * What the server answered before, so that Tab finds it there: the same place with a longer word needs no new question, and while a command
 * runs commands and their parameters are known from earlier.
 */

type Match = Completion['matches'][number];

/** As many as main hands out: a longer answer was cut, and what is missing cannot be told. */
const mostMatches = 2000;
/** Answers kept for the same place: the words of a line somebody goes back in. */
const mostAnswers = 20;
/** Commands whose parameters are remembered while another runs. */
const mostCommands = 200;

/** A word that grows by these is narrowed by them; anything else, a separator of paths for one, asks anew. */
const growsBy = /^[\p{L}\p{N}_-]*$/u;

interface Answer {
  readonly before: string;
  readonly after: string;
  readonly word: string;
  readonly completion: Completion;
}

export class CompletionCache {
  #answers: Answer[] = [];
  readonly #commands = new Map<string, Match>();
  readonly #parameters = new Map<string, readonly Match[]>();

  /** The session has run something: what exists in it may be another. */
  forgetAnswers(): void {
    this.#answers = [];
  }

  put(text: string, cursor: number, completion: Completion): void {
    const { replacementIndex: from, replacementLength: length, matches } = completion;
    const before = text.slice(0, from);
    const word = text.slice(from, cursor);
    this.#answers = [
      { before, after: text.slice(from + length), word, completion },
      ...this.#answers.filter((answer) => answer.before !== before || answer.word !== word),
    ].slice(0, mostAnswers);
    this.#learn(text, cursor, matches);
  }

  #learn(text: string, cursor: number, matches: readonly Match[]): void {
    for (const match of matches) {
      if (match.kind === 'Command' && !/[\\/]/.test(match.text))
        this.#commands.set(match.text.toLowerCase(), match);
    }
    const parameters = matches.filter(({ kind }) => kind === 'ParameterName');
    const command = commandAt(text.slice(0, cursor), cursor)?.name?.toLowerCase();
    if (parameters.length === 0 || command === undefined) return;
    const known = new Map((this.#parameters.get(command) ?? []).map((match) => [match.text, match]));
    for (const match of parameters) known.set(match.text, match);
    this.#parameters.delete(command);
    this.#parameters.set(command, [...known.values()]);
    const [oldest] = this.#parameters.keys();
    if (this.#parameters.size > mostCommands && oldest !== undefined) this.#parameters.delete(oldest);
  }

  /** The server's answer for this place, if it is known already. */
  get(text: string, cursor: number): Completion | null {
    for (const { before, after, word, completion } of this.#answers) {
      if (!text.startsWith(before) || cursor < before.length) continue;
      const now = text.slice(before.length, cursor);
      const rest = text.slice(cursor);
      if (rest !== after || !now.startsWith(word)) continue;
      if (now === word) return completion;
      if (completion.matches.length >= mostMatches || !growsBy.test(now.slice(word.length))) continue;
      const matches = completion.matches.filter((match) => fits(match.text, now));
      // Nothing left: what was asked for a shorter word may have been cut to what it thought likely.
      if (matches.length === 0) continue;
      return { ...completion, replacementLength: now.length, matches };
    }
    return null;
  }

  /** What is known of commands and parameters without the server; it sees nothing of the session's variables and files. */
  guess(text: string, cursor: number): Completion | null {
    const before = text.slice(0, cursor);
    const last = parse(before).tokens.findLast(({ kind }) => kind !== 'EndOfInput' && kind !== 'NewLine');
    const word = last?.to === cursor ? last : undefined;
    const typed = word === undefined ? '' : before.slice(word.from);
    if (word?.role === 'command') return answerOf(cursor, typed, [...this.#commands.values()]);
    if (!typed.startsWith('-')) return null;
    const command = commandAt(before, cursor)?.name?.toLowerCase();
    return answerOf(cursor, typed, this.#parameters.get(command ?? '') ?? []);
  }
}

function fits(match: string, typed: string): boolean {
  return match.replace(/^["']/, '').toLowerCase().startsWith(typed.replace(/^["']/, '').toLowerCase());
}

function answerOf(cursor: number, typed: string, known: readonly Match[]): Completion | null {
  const matches = known
    .filter((match) => fits(match.text, typed))
    .toSorted((left, right) => left.text.localeCompare(right.text));
  if (matches.length === 0) return null;
  return {
    replacementIndex: cursor - typed.length,
    replacementLength: typed.length,
    matches,
    source: 'cache',
  };
}
