/** What a session tells whoever shows it. The app's ipc layer implements it; tests record it. */
import type { CommandRecord, InputRequest, ProgressBar } from '../../shared/terminal.ts';
import type { SessionRow } from '../../shared/session.ts';

export interface SessionEvents {
  changed(row: SessionRow): void;
  removed(sessionId: number): void;
  input(sessionId: number, request: InputRequest | null): void;
  command(sessionId: number, command: CommandRecord): void;
  progress(sessionId: number, bars: ProgressBar[]): void;
  title(sessionId: number, title: string): void;
}
