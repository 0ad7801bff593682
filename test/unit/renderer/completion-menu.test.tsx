import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { CompletionMenu } from '../../../renderer/features/terminal/completion-menu.tsx';
import type { Completing } from '../../../renderer/features/terminal/editor-state.ts';
import { createEditor, snapshotOf } from '../../../renderer/features/terminal/editor-state.ts';
import type { TerminalView } from '../../../renderer/features/terminal/terminal-view.ts';

afterEach(cleanup);

test.each([
  ['ParameterName', 'Alt+H help'],
  ['ParameterValue', 'Alt+H help'],
  ['Command', 'F1 help'],
  ['ProviderItem', 'F1 help'],
])('the menu names the key that has help for a %s', (kind, key) => {
  const completing = {
    kind: 'showing' as const,
    menu: true,
    index: 0,
    matches: [{ text: 'one', label: 'one', kind, toolTip: '' }],
    source: 'session' as const,
    original: snapshotOf(createEditor()),
    from: 0,
    length: 0,
    wider: null,
  } satisfies Completing;
  const view: Partial<TerminalView> = { choose: vi.fn<TerminalView['choose']>() };
  render(<CompletionMenu menu={{ kind: 'completions', completing, top: 0 }} view={view as TerminalView} />);
  expect(screen.getByText(/ help$/).textContent).toBe(key);
});
