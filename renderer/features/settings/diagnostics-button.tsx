import { ClipboardCopy } from 'lucide-react';
import { useState } from 'react';
import { appErrorOf } from '../../bridge/client.ts';
import type { Desk } from '../../desk.ts';
import { addNotice } from '../../stores/shell.ts';
import { useDesk } from '../../ui/desk-context.ts';

export async function copyDiagnostics(desk: Desk): Promise<boolean> {
  try {
    const { text } = await desk.bridge.call('app.diagnostics', {});
    await navigator.clipboard.writeText(text);
    desk.shell.setState({ announcement: 'Diagnostics copied' });
    return true;
  } catch (thrown) {
    addNotice(desk.shell, appErrorOf(thrown));
    return false;
  }
}

export function DiagnosticsButton() {
  const desk = useDesk();
  const [copied, setCopied] = useState(false);
  return (
    <button type="button" className="btn" onClick={() => void copyDiagnostics(desk).then(setCopied)}>
      <ClipboardCopy aria-hidden />
      {copied ? 'Copied' : 'Copy diagnostics'}
    </button>
  );
}
