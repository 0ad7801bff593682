import { Dialog as Base } from '@base-ui/react/dialog';
import type { ReactNode, RefObject } from 'react';

export interface DialogProps {
  icon: ReactNode;
  title: ReactNode;
  description?: ReactNode;
  width?: 'narrow' | 'wide';
  initialFocus?: RefObject<HTMLElement | null>;
  onClose: () => void;
  children: ReactNode;
}

/** The frame of everything that asks. Escape always closes and never does harm; a click outside does nothing, so that nothing typed is lost. */
export function Dialog({ icon, title, description, width, initialFocus, onClose, children }: DialogProps) {
  return (
    <Base.Root open disablePointerDismissal onOpenChange={(open) => (open ? undefined : onClose())}>
      <Base.Portal>
        <Base.Backdrop className="scrim" />
        <Base.Popup
          className={`dialog ${width ?? ''}`}
          {...(initialFocus === undefined ? {} : { initialFocus })}
        >
          <header>
            {icon}
            <div>
              <Base.Title>{title}</Base.Title>
              {description === undefined ? null : <Base.Description>{description}</Base.Description>}
            </div>
          </header>
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
