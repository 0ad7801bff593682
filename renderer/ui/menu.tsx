import { ContextMenu } from '@base-ui/react/context-menu';
import { Menu } from '@base-ui/react/menu';
import type { ReactElement, ReactNode } from 'react';

export interface MenuEntry {
  label: string;
  icon?: ReactNode;
  keys?: string;
  disabled?: boolean;
  run: () => void;
}

/** `null` draws a line between groups. */
export type MenuEntries = readonly (MenuEntry | null)[];

/** Asked for when the menu opens, where what it offers depends on the moment. */
export type MenuSource = MenuEntries | (() => MenuEntries);

function Items({ entries }: { entries: MenuSource }) {
  const now = typeof entries === 'function' ? entries() : entries;
  return now.map((entry, index) =>
    entry === null ? (
      <Menu.Separator key={`line-${String(index)}`} className="menu-line" />
    ) : (
      <Menu.Item
        key={entry.label}
        className="menu-item"
        disabled={entry.disabled === true}
        onClick={entry.run}
      >
        {entry.icon}
        <span>{entry.label}</span>
        {entry.keys === undefined ? null : <kbd>{entry.keys}</kbd>}
      </Menu.Item>
    ),
  );
}

export function MenuButton({ entries, children }: { entries: MenuSource; children: ReactElement }) {
  return (
    <Menu.Root>
      <Menu.Trigger render={children} />
      <Menu.Portal>
        <Menu.Positioner className="layer" sideOffset={4} align="start">
          <Menu.Popup className="menu">
            <Items entries={entries} />
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

export function WithContextMenu({ entries, children }: { entries: MenuSource; children: ReactElement }) {
  return (
    <ContextMenu.Root>
      <ContextMenu.Trigger render={children} />
      <ContextMenu.Portal>
        <ContextMenu.Positioner className="layer">
          <ContextMenu.Popup className="menu">
            <Items entries={entries} />
          </ContextMenu.Popup>
        </ContextMenu.Positioner>
      </ContextMenu.Portal>
    </ContextMenu.Root>
  );
}
