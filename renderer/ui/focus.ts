/** Where the keyboard goes on when what it was on has gone. Each waits until the page was drawn anew. */

function first(...selectors: string[]): HTMLElement | undefined {
  for (const selector of selectors) {
    const found = document.querySelector<HTMLElement>(selector);
    // What a hidden pane holds takes no focus.
    if (found !== null && found.offsetParent !== null) return found;
  }
  return undefined;
}

const inPage = [
  '[data-pane="terminal"] .xterm-helper-textarea',
  '#page [data-session][tabindex="0"]',
  '#page input',
  '#page .primary',
];

/** The page of the tab that is shown: into its terminal, else to its sessions, else to what there is to do. */
export function focusPage(): void {
  requestAnimationFrame(() => first(...inPage, '[role="tab"][tabindex="0"]')?.focus());
}

/** Only where the focus was lost: to the sessions left, else to what the page offers, else to the servers. */
export function focusBeside(): void {
  requestAnimationFrame(() => {
    const { activeElement } = document;
    if (activeElement !== null && activeElement !== document.body) return;
    first(...inPage.slice(1), '[data-pane="servers"]', '[role="tab"][tabindex="0"]')?.focus();
  });
}

/** The line of one session, where Enter goes inside and Delete removes. */
export function focusSession(sessionId: number): void {
  requestAnimationFrame(() => first(`[data-session="${String(sessionId)}"]`)?.focus());
}

/** The keyboard is in the terminal of this session. */
export function isInTerminalOf(sessionId: number): boolean {
  const pane = document.querySelector(`[data-session-id="${String(sessionId)}"]`);
  return pane !== null && pane.contains(document.activeElement);
}
