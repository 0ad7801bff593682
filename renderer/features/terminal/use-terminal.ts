import { useEffect, useRef } from 'react';
import type { RefObject } from 'react';
import type { TerminalView } from './terminal-view.ts';

/** Puts a terminal's element into a box while that is shown, and keeps it as large as the box. */
export function useTerminal(view: TerminalView): RefObject<HTMLDivElement | null> {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    element.append(view.element);
    view.show();
    const observer = new ResizeObserver(() => view.fit());
    observer.observe(element);
    return () => {
      observer.disconnect();
      view.hide();
      view.element.remove();
    };
  }, [view]);
  return box;
}
