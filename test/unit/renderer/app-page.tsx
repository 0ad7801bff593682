/** The whole app on a background process that a test plays, fresh for each test. */
import { cleanup, configure, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach } from 'vitest';
import { App } from '../../../renderer/app.tsx';
import { createBridge } from '../../../renderer/bridge/client.ts';
import type { FakeMain } from '../../../renderer/bridge/fake.ts';
import { createFakeMain, fakeRow, fakeServer, Refusal } from '../../../renderer/bridge/fake.ts';
import type { Desk } from '../../../renderer/desk.ts';
import { createDesk, startDesk } from '../../../renderer/desk.ts';
import { DeskContext } from '../../../renderer/ui/desk-context.ts';
import type { AppError } from '../../../shared/error.ts';
import { givePageSizes } from './page-without-layout.ts';

// The whole page in every message tells nobody anything.
configure({ getElementError: (message) => new Error(message?.split('\n')[0] ?? '') });

const quietTheme = {
  watch: () => undefined,
  recall: () => 'system' as const,
  remember: () => undefined,
  show: () => undefined,
};
export const practice = fakeServer({
  id: 'p',
  kind: 'practice',
  name: 'Practice server (this computer)',
  address: '127.0.0.1',
  practice: { state: 'ready' },
});

export let fake: FakeMain;
export let desk: Desk;
export const user = userEvent.setup();

export async function start(servers = [fakeServer(), practice], rows = [] as ReturnType<typeof fakeRow>[]) {
  fake = createFakeMain(servers, rows);
  desk = createDesk(createBridge(fake.port), quietTheme);
  startDesk(desk);
  render(
    <DeskContext value={desk}>
      <App />
    </DeskContext>,
  );
  await screen.findByText(/^\d+ servers?$/);
}

export function called(name: string): unknown[] {
  return fake.log.filter((call) => call.name === name).map((call) => call.input);
}

export function refuseCreate(...errors: AppError[]): void {
  const create = fake.handlers['sessions.create'];
  fake.handlers['sessions.create'] = (input) => {
    const error = errors.shift();
    if (error !== undefined) throw new Refusal(error);
    return create(input);
  };
}

beforeEach(() => {
  givePageSizes();
  globalThis.ResizeObserver ??= class {
    observe(): void {}
    unobserve(): void {}
    disconnect(): void {}
  };
});
afterEach(cleanup);
