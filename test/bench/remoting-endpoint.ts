/** The practice endpoint in a thread of its own: its work must not count as the client's. */
import { parentPort } from 'node:worker_threads';
import { overWinRm } from '../integration/practice.ts';

const way = await overWinRm();
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
parentPort?.postMessage(way.port);
parentPort?.once('message', () => void way.close().then(() => process.exit(0)));
