import type { IMarker, Terminal } from '@xterm/xterm';
import type { CommandRecord } from '../../../shared/terminal.ts';

/**
 * The margin: a result mark beside each command's echo and, at the right, how long it took. Markers move with the text; only what stands
 * on the screen has elements.
 */
export interface Marks {
  /** The command's echo begins at the cursor. */
  place(commandId: number): void;
  update(record: CommandRecord): void;
  has(commandId: number): boolean;
  clear(): void;
  draw(): void;
}

/** Columns that the longest usual duration, `59 min 59 s` in small type, takes. */
const durationCells = 9;

interface Mark {
  marker: IMarker;
  record: CommandRecord | null;
  element: HTMLElement | null;
}

const words = { running: 'running', completed: 'succeeded', failed: 'failed', stopped: 'stopped' } as const;

function two(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

export function durationText(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return two(minutes, 'min', Math.floor(seconds % 60), 's');
  return two(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
}

function fill(element: HTMLElement, record: CommandRecord): void {
  const { state } = record;
  if (element.dataset.state !== state) {
    element.dataset.state = state;
    const glyph = document.createElement('span');
    glyph.className = 'cmd-mark';
    glyph.setAttribute('role', 'img');
    glyph.setAttribute('aria-label', words[state]);
    const took = document.createElement('span');
    took.className = 'cmd-took';
    element.replaceChildren(glyph, took);
  }
  const figure = record.duration === undefined ? '' : durationText(record.duration);
  element.title = figure === '' ? words[state] : `${words[state]}, ${figure}`;
  const took = element.lastElementChild;
  if (took !== null) took.textContent = figure;
}

export function createMarks(terminal: Terminal, layer: HTMLElement, cellHeight: () => number): Marks {
  const marks = new Map<number, Mark>();
  const early = new Map<number, CommandRecord>();

  /** Text reaches to where the duration would stand. */
  function isFull(row: number): boolean {
    const line = terminal.buffer.active.getLine(row);
    return (
      line !== undefined && line.translateToString(true, terminal.cols - durationCells).trim().length > 0
    );
  }

  return {
    place(commandId) {
      if (marks.has(commandId)) return;
      const marker = terminal.registerMarker(0);
      const mark: Mark = { marker, record: early.get(commandId) ?? null, element: null };
      early.delete(commandId);
      marks.set(commandId, mark);
      marker.onDispose(() => {
        mark.element?.remove();
        marks.delete(commandId);
      });
    },
    update(record) {
      const mark = marks.get(record.commandId);
      if (mark === undefined) {
        early.set(record.commandId, record);
        return;
      }
      mark.record = record;
      if (mark.element === null) this.draw();
      else fill(mark.element, record);
    },
    has: (commandId) => marks.has(commandId),
    clear() {
      for (const mark of marks.values()) mark.marker.dispose();
      marks.clear();
      early.clear();
    },
    draw() {
      if (marks.size === 0) return;
      const height = cellHeight();
      const top = terminal.buffer.active.viewportY;
      for (const mark of marks.values()) {
        const row = mark.marker.line - top;
        // Of a command that main no longer knows nothing can be said.
        if (mark.record === null || row < 0 || row >= terminal.rows) {
          mark.element?.remove();
          mark.element = null;
          continue;
        }
        if (mark.element === null) {
          mark.element = document.createElement('div');
          mark.element.className = 'cmd';
          fill(mark.element, mark.record);
          layer.append(mark.element);
        }
        mark.element.style.top = `${row * height}px`;
        mark.element.style.height = `${height}px`;
        mark.element.classList.toggle('full', isFull(mark.marker.line));
      }
    },
  };
}
