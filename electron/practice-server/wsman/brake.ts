/**
 * Back-pressure of a shell. The engine writes everything to one pipe, so that there is one brake for all targets: it is put on when too much
 * waits, and taken off again while somebody needs what may stand behind in the pipe.
 */
import type { Engine } from './powershell-shell.ts';
import type { Target } from './target.ts';

/** Output of this much waits for the client before the engine is held: ten full envelopes. */
const HOLD_ABOVE_BYTES = 5 * 1024 * 1024;

/** Half of it must be gone before the engine goes on, lest it be held and let go for every fragment. */
const RELEASE_BELOW_BYTES = HOLD_ABOVE_BYTES / 2;

/** Beyond this the engine is held although somebody waits for another target's output: the memory of a machine is worth more. */
const HOLD_ALWAYS_BYTES = 256 * 1024 * 1024;

export class Brake {
  #held = false;

  /** Holds the engine's output, or lets it go on; `needed` while an acknowledgement is awaited, which comes through the same pipe. */
  check(engine: Pick<Engine['peer'], 'pause' | 'resume'>, targets: readonly Target[], needed: boolean): void {
    let waiting = 0;
    let somebodyHungry = needed;
    for (const target of targets) {
      waiting += target.pendingBytes;
      // The pool's standing Receive waits all its life for messages that hardly ever come: only another pipeline is starved by a hold.
      somebodyHungry ||= target.commandId !== undefined && target.channel.isAwaited && target.isEmpty;
    }
    const mark = somebodyHungry ? HOLD_ALWAYS_BYTES : this.#held ? RELEASE_BELOW_BYTES : HOLD_ABOVE_BYTES;
    const hold = waiting > mark && !needed;
    if (hold === this.#held) return;
    this.#held = hold;
    if (hold) engine.pause();
    else engine.resume();
  }
}

/** The buffer mode Drop: nobody receives, and the command is to go on, so the oldest records go. */
export function dropWhatIsTooMuch(targets: readonly Target[]): void {
  for (const { output } of targets) {
    // Half of it at a time, so that not every record that comes searches through all.
    if (output.pendingBytes > HOLD_ABOVE_BYTES) output.dropOldest(RELEASE_BELOW_BYTES);
  }
}
