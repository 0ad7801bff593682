import type { CommandRecord, InputRequest, OutputItem, ProgressBar } from '../../../shared/terminal.ts';
import type { Bridge } from '../../bridge/client.ts';

export interface SessionListener {
  output(items: readonly OutputItem[]): void;
  input(request: InputRequest | null): void;
  command(command: CommandRecord): void;
  progress(bars: readonly ProgressBar[]): void;
  title(title: string): void;
  /** Nothing more comes before the page is asked for anew. */
  behind(): void;
}

/** What main tells of one session's page. Returns how to stop listening. */
export function onSession(bridge: Bridge, sessionId: number, listener: SessionListener): () => void {
  const mine = (payload: { sessionId: number }): boolean => payload.sessionId === sessionId;
  const stops = [
    bridge.on('terminal.output', (payload) => {
      if (mine(payload)) listener.output(payload.items);
    }),
    bridge.on('terminal.input', (payload) => {
      if (mine(payload)) listener.input(payload.request);
    }),
    bridge.on('terminal.command', (payload) => {
      if (mine(payload)) listener.command(payload.command);
    }),
    bridge.on('terminal.progress', (payload) => {
      if (mine(payload)) listener.progress(payload.bars);
    }),
    bridge.on('terminal.title', (payload) => {
      if (mine(payload)) listener.title(payload.title);
    }),
    bridge.on('terminal.behind', (payload) => {
      if (mine(payload)) listener.behind();
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
