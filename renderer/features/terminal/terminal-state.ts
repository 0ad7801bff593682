import type { AppError } from '../../../shared/error.ts';
import type { InputRequest, ProgressBar } from '../../../shared/terminal.ts';
import type { Bridge } from '../../bridge/client.ts';
import type { SettingsStore } from '../../stores/settings.ts';
import type { CellWidths } from './cell-width.ts';
import type { CommandHelp } from '../../../shared/terminal.ts';
import type { Completing } from './editor-state.ts';
import type { HistoryStore } from './history-store.ts';

/** What the panel around a terminal shows of it. */
export interface TerminalState {
  attached: 'no' | 'attaching' | 'yes';
  error: AppError | null;
  /** Nothing was ever written to the page. */
  empty: boolean;
  progress: readonly ProgressBar[];
  request: InputRequest['kind'] | null;
  /** Command lines waiting for their prompt. */
  queued: number;
  /** Something was typed that went nowhere yet. */
  unsent: boolean;
  menu: LineMenu | null;
  /** A count, a chord begun, an explanation: said below the line. */
  note: { text: string; top: number } | null;
  help: HelpState | null;
  finding: boolean;
  title: string;
}

/** What is listed below the line. */
export type LineMenu = { readonly top: number } & (
  | { readonly kind: 'completions'; readonly completing: Extract<Completing, { kind: 'showing' }> }
  | {
      readonly kind: 'search';
      readonly query: string;
      readonly lines: readonly string[];
      /** Place of the first of `lines` among all that were found, the one chosen, and how many there are. */
      readonly first: number;
      readonly index: number;
      readonly found: number;
      readonly everywhere: boolean;
    }
  | {
      readonly kind: 'predictions';
      /** What was typed. */
      readonly query: string;
      readonly lines: readonly string[];
      readonly index: number;
    }
);

export type HelpState =
  | { readonly kind: 'asking'; readonly title: string }
  | { readonly kind: 'shown'; readonly help: CommandHelp; readonly parameter: string | undefined }
  | { readonly kind: 'refused'; readonly title: string; readonly error: AppError };

export interface TerminalDeps {
  bridge: Bridge;
  settings: SettingsStore;
  widths: CellWidths;
  fail: (error: AppError) => void;
  /** More than one line is about to be pasted: ask first. */
  confirmPaste: (sessionId: number, text: string) => void;
  history: HistoryStore;
  serverOf: (sessionId: number) => string | undefined;
  showKeys: () => void;
  /** F2 was pressed: kept as the setting it is. */
  predictionView: (view: 'inline' | 'list') => void;
  /** For screen readers. */
  announce: (text: string) => void;
}

export const freshTerminal: TerminalState = {
  attached: 'no',
  error: null,
  empty: true,
  progress: [],
  request: null,
  queued: 0,
  unsent: false,
  menu: null,
  note: null,
  help: null,
  finding: false,
  title: '',
};
