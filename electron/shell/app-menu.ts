import type { MenuItemConstructorOptions } from 'electron';

/**
 * macOS expects the standard menus, and Command+C and its like work only through them. Elsewhere there is none: its accelerators would take
 * keys from the terminal (Ctrl+R, Ctrl+W, Alt), and everything it could hold is in the page.
 */
export function appMenu(platform: NodeJS.Platform): MenuItemConstructorOptions[] | null {
  if (platform !== 'darwin') return null;
  return [
    { role: 'appMenu' },
    { role: 'editMenu' },
    { label: 'View', submenu: [{ role: 'togglefullscreen' }] },
    { role: 'windowMenu' },
  ];
}
