// Runs before the first paint, so that the window never flashes in the wrong theme. A file of its own: the page's policy allows no inline script.
(function () {
  let theme = 'system';
  try {
    theme = localStorage.getItem('psdeck.theme') || 'system';
  } catch {
    // Storage may be denied; the system's theme is a fine start.
  }
  if (theme === 'system') {
    theme = matchMedia('(prefers-contrast: more)').matches
      ? 'contrast'
      : matchMedia('(prefers-color-scheme: light)').matches
        ? 'light'
        : 'dark';
  }
  document.documentElement.dataset.theme = theme;
})();
