import type { AppError } from '../../../shared/error.ts';
import type { TerminalSize } from '../../../shared/terminal.ts';
import type { Bridge } from '../../bridge/client.ts';
import type { SettingsStore } from '../../stores/settings.ts';
import { createCellWidths } from './cell-width.ts';
import type { CellWidths } from './cell-width.ts';
import type { HistoryStore } from './history-store.ts';
import { TerminalView } from './terminal-view.ts';

/** Every terminal there is, shown or not, by session. */
export interface Terminals {
  get(sessionId: number): TerminalView;
  known(sessionId: number): TerminalView | undefined;
  drop(sessionId: number): void;
  /** Nobody looks at it any more: main need not send its page. Looked at again, it is fetched again. */
  release(sessionId: number): void;
  /** After the way to main was lost: fetch each page again, forget those whose session is gone. */
  reattach(sessions: ReadonlySet<number>): void;
  /** A size for a session that has no terminal yet: that of the last one shown. */
  likelySize(): TerminalSize;
}

export interface TerminalsDeps {
  bridge: Bridge;
  settings: SettingsStore;
  fail: (error: AppError) => void;
  confirmPaste: (sessionId: number, text: string) => void;
  history: HistoryStore;
  serverOf: (sessionId: number) => string | undefined;
  showKeys: () => void;
  predictionView: (view: 'inline' | 'list') => void;
  announce: (text: string) => void;
}

export function createTerminals(deps: TerminalsDeps): Terminals {
  const views = new Map<number, TerminalView>();
  let widths: CellWidths | null = null;
  let last: TerminalView | null = null;

  return {
    get(sessionId) {
      const known = views.get(sessionId);
      if (known !== undefined) return (last = known);
      widths ??= createCellWidths();
      const view = new TerminalView(sessionId, { ...deps, widths });
      views.set(sessionId, view);
      last = view;
      return view;
    },
    known: (sessionId) => views.get(sessionId),
    drop(sessionId) {
      views.get(sessionId)?.dispose();
      views.delete(sessionId);
    },
    release(sessionId) {
      if (!views.has(sessionId)) return;
      this.drop(sessionId);
      // A session that is gone, or a way that is lost, has nothing left to be told.
      deps.bridge.call('terminal.detach', { sessionId }).catch(() => undefined);
    },
    reattach(sessions) {
      for (const [sessionId, view] of views) {
        if (sessions.has(sessionId)) void view.attach();
        else {
          view.dispose();
          views.delete(sessionId);
        }
      }
    },
    // 120×30 is what a new Windows Terminal opens with; the first fit corrects it.
    likelySize: () => last?.size ?? { columns: 120, rows: 30 },
  };
}
