import { createStore } from 'zustand/vanilla';
import type { StoreApi } from 'zustand/vanilla';
import { Settings } from '../../shared/settings.ts';

export type Theme = 'dark' | 'light' | 'contrast';
export type SettingsStore = StoreApi<Settings & { shown: Theme }>;

/** Read before the first paint by public/theme.js. */
const themeKey = 'psdeck.theme';

export interface SystemTheme {
  /** Tells the system's theme now and at each change. */
  watch(listener: (theme: Theme) => void): void;
  /** What was remembered last: the settings themselves come later, and the page must not change its colours twice. */
  recall(): Settings['theme'];
  remember(choice: Settings['theme']): void;
  show(theme: Theme): void;
}

export function browserTheme(): SystemTheme {
  const contrast = matchMedia('(prefers-contrast: more)');
  const light = matchMedia('(prefers-color-scheme: light)');
  return {
    watch(listener) {
      const tell = (): void => listener(contrast.matches ? 'contrast' : light.matches ? 'light' : 'dark');
      contrast.addEventListener('change', tell);
      light.addEventListener('change', tell);
      tell();
    },
    recall() {
      try {
        return Settings.shape.theme.catch('system').parse(localStorage.getItem(themeKey) ?? undefined);
      } catch {
        return 'system';
      }
    },
    remember(choice) {
      try {
        localStorage.setItem(themeKey, choice);
      } catch {
        // Storage may be denied; then the first moment of the next start may have the system's theme.
      }
    },
    show(theme) {
      document.documentElement.dataset.theme = theme;
    },
  };
}

export function createSettingsStore(system: SystemTheme): SettingsStore {
  const store: SettingsStore = createStore(() => ({
    ...Settings.parse({}),
    theme: system.recall(),
    shown: 'dark' as Theme,
  }));
  let systemTheme: Theme = 'dark';
  function show(): void {
    const { theme, shown } = store.getState();
    const wanted = theme === 'system' ? systemTheme : theme;
    system.show(wanted);
    if (wanted !== shown) store.setState({ shown: wanted });
  }
  system.watch((theme) => {
    systemTheme = theme;
    show();
  });
  store.subscribe((now, before) => {
    if (now.theme === before.theme) return;
    system.remember(now.theme);
    show();
  });
  return store;
}
