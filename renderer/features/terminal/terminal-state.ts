import type { AppError } from '../../../shared/error.ts';
import type { InputRequest, ProgressBar } from '../../../shared/terminal.ts';
import type { Bridge } from '../../bridge/client.ts';
import type { SettingsStore } from '../../stores/settings.ts';
import type { CellWidths } from './cell-width.ts';
import type { Completing } from './editor-state.ts';

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
  menu: { completing: Extract<Completing, { kind: 'showing' }>; top: number } | null;
  finding: boolean;
  title: string;
}

export interface TerminalDeps {
  bridge: Bridge;
  settings: SettingsStore;
  widths: CellWidths;
  fail: (error: AppError) => void;
  /** More than one line is about to be pasted: ask first. */
  confirmPaste: (sessionId: number, text: string) => void;
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
  finding: false,
  title: '',
};
