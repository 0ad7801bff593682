import type { ReactNode } from 'react';
import type { SessionGlyph } from '../stores/session-face.ts';

/** A state has a shape, then a colour, then a word. */
export type GlyphName = SessionGlyph | 'ok' | 'up' | 'down' | 'unknown';

const shapes: Readonly<Record<GlyphName, ReactNode>> = {
  opened: <circle cx="8" cy="8" r="4.5" fill="currentColor" stroke="none" />,
  busy: (
    <>
      <path d="M8 2.75a5.25 5.25 0 1 1-5.25 5.25" />
      <circle cx="8" cy="8" r="2" fill="currentColor" stroke="none" />
    </>
  ),
  off: <circle cx="8" cy="8" r="4.75" />,
  held: (
    <>
      <circle cx="8" cy="8" r="4.75" />
      <path d="M5.75 8h4.5" />
    </>
  ),
  cut: <path d="M3.4 9.7A4.9 4.9 0 0 1 9.7 3.4M12.6 6.3a4.9 4.9 0 0 1-6.3 6.3" />,
  bad: <path d="m4 4 8 8M12 4l-8 8" strokeWidth="2.25" />,
  opening: <circle cx="8" cy="8" r="5" strokeDasharray="2.6 2.6" />,
  none: <path d="M4.5 8h7" />,
  ok: <path d="m3.5 8.5 3 3 6-7" strokeWidth="2" />,
  up: <circle cx="8" cy="8" r="6" fill="currentColor" stroke="none" />,
  down: <path d="m3 3 10 10M13 3 3 13" strokeWidth="3" />,
  unknown: <circle cx="8" cy="8" r="5" strokeWidth="2.5" />,
};

const tones: Readonly<Record<GlyphName, string>> = {
  opened: 'is-ok',
  busy: 'is-busy',
  off: 'is-off',
  held: 'is-off',
  cut: 'is-busy',
  bad: 'is-bad',
  opening: 'is-busy',
  none: 'is-none',
  ok: 'is-ok',
  up: 'is-ok',
  down: 'is-bad',
  unknown: 'is-none',
};

/** With `label` it stands for itself; without, a word beside it says what it means. */
export function Glyph({ name, label, className }: { name: GlyphName; label?: string; className?: string }) {
  const classes = `glyph ${tones[name]} ${name === 'opening' ? 'spin' : ''} ${className ?? ''}`;
  return (
    <svg
      className={classes}
      viewBox="0 0 16 16"
      {...(label === undefined ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label })}
    >
      {shapes[name]}
    </svg>
  );
}

export function Logo() {
  return (
    <svg className="mark" viewBox="0 0 20 20" aria-hidden="true">
      <rect x="1" y="1" width="18" height="18" rx="5" fill="var(--accent-solid)" />
      <path
        d="m5.5 6 3.5 4-3.5 4"
        fill="none"
        stroke="var(--on-accent)"
        strokeWidth="1.75"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
      <path
        d="M10.5 14h4M11.5 10h3M10.5 6h4"
        fill="none"
        stroke="var(--on-accent)"
        strokeWidth="1.75"
        strokeLinecap="round"
        opacity=".75"
      />
    </svg>
  );
}
