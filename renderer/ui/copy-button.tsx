import { Check, Copy } from 'lucide-react';
import { useState } from 'react';

/** Long enough to be seen, short enough not to be taken for a state. */
const saidFor = 1600;

export function CopyButton({ text, label = 'Copy' }: { text: string; label?: string }) {
  const [copied, setCopied] = useState(false);
  return (
    <button
      type="button"
      className="btn small"
      onClick={() => {
        navigator.clipboard.writeText(text).then(
          () => {
            setCopied(true);
            setTimeout(() => setCopied(false), saidFor);
          },
          () => undefined,
        );
      }}
    >
      {copied ? <Check className="s" aria-hidden /> : <Copy className="s" aria-hidden />}
      <span aria-live="polite">{copied ? 'Copied' : label}</span>
    </button>
  );
}
