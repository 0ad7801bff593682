import type { ProgressBar } from '../../../shared/terminal.ts';
import { durationText } from './marks.ts';

/** Parents before children, each with its depth. A loop in the parents cannot be followed twice. */
export function progressTree(bars: readonly ProgressBar[]): { bar: ProgressBar; depth: number }[] {
  const ids = new Set(bars.map((bar) => bar.activityId));
  const rows: { bar: ProgressBar; depth: number }[] = [];
  const seen = new Set<ProgressBar>();
  function add(bar: ProgressBar, depth: number): void {
    if (seen.has(bar)) return;
    seen.add(bar);
    rows.push({ bar, depth });
    for (const child of bars) {
      if (child.parentId === bar.activityId && child !== bar) add(child, depth + 1);
    }
  }
  for (const bar of bars) if (!ids.has(bar.parentId) || bar.parentId === bar.activityId) add(bar, 0);
  for (const bar of bars) add(bar, 0);
  return rows;
}

/** PowerShell itself never draws more than this many at once. */
const mostShown = 5;

export function ProgressPanel({ bars }: { bars: readonly ProgressBar[] }) {
  if (bars.length === 0) return null;
  const rows = progressTree(bars).slice(0, mostShown);
  const left = Math.max(...bars.map((bar) => bar.secondsRemaining));
  return (
    <section className="progress" aria-label="Progress">
      {rows.map(({ bar, depth }, index) => (
        // Several sources may count their activities alike.
        <div key={`${String(index)}-${String(bar.activityId)}`} style={{ paddingLeft: depth * 16 }}>
          <div className="row">
            <span className="cut">
              {[bar.activity, bar.status, bar.operation].filter((part) => part !== '').join(', ')}
            </span>
            <span className="num">{bar.percent < 0 ? '' : `${String(Math.min(100, bar.percent))} %`}</span>
          </div>
          <div
            className={bar.percent < 0 ? 'bar unknown' : 'bar'}
            role="progressbar"
            aria-label={bar.activity}
            aria-valuemin={0}
            aria-valuemax={100}
            {...(bar.percent < 0 ? {} : { 'aria-valuenow': Math.min(100, bar.percent) })}
          >
            <i style={bar.percent < 0 ? {} : { width: `${String(Math.min(100, bar.percent))}%` }} />
          </div>
        </div>
      ))}
      <div className="row dim" style={{ marginTop: 4 }}>
        <span>{left > 0 ? `About ${durationText(left * 1000)} left` : ''}</span>
        <span>
          <kbd>Ctrl+C</kbd> stops the command
        </span>
      </div>
    </section>
  );
}
