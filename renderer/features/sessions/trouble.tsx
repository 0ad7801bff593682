import { ChevronRight, RotateCw } from 'lucide-react';
import type { ReactNode } from 'react';
import type { AppError } from '../../../shared/error.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Glyph } from '../../ui/glyphs.tsx';

/** What happened, why, what to do; the raw fault folded away. */
export function Trouble({
  error,
  onRetry,
  onEdit,
  children,
}: {
  error: AppError;
  onRetry?: () => void;
  onEdit?: () => void;
  children?: ReactNode;
}) {
  return (
    <section className="trouble" role="alert" aria-label={error.title}>
      <div>
        <Glyph name="bad" />
        <div>
          <h2>{error.title}</h2>
          {error.why === undefined ? null : <p className="why">{error.why}</p>}
        </div>
        <div className="body">
          {error.cure === undefined ? null : (
            <div>
              <p>{error.cure.text}</p>
              {error.cure.command === undefined ? null : (
                <div className="code copyable" style={{ marginTop: 8 }}>
                  {error.cure.command}
                  <CopyButton text={error.cure.command} />
                </div>
              )}
            </div>
          )}
          <div className="do">
            {onRetry === undefined ? null : (
              <button type="button" className="btn primary" onClick={onRetry}>
                <RotateCw aria-hidden />
                Try again
              </button>
            )}
            {onEdit === undefined ? null : (
              <button type="button" className="btn" onClick={onEdit}>
                Edit server
              </button>
            )}
            {children}
          </div>
          {error.details === undefined ? null : (
            <details>
              <summary>
                <ChevronRight className="s" aria-hidden />
                <span className="grow">Details</span>
                <span className="dim">{error.code}</span>
              </summary>
              <pre>{error.details}</pre>
            </details>
          )}
        </div>
      </div>
    </section>
  );
}
