/**
 * The epoch of the daemon, and what was said lately: for a standby that takes over without it.
 *
 * A daemon that may be taken over names its epoch beside each answer, and is shown the one that this
 * client knows. A standby that took over refuses who shows an earlier one: its file may lack the
 * last moments of the other. So what was answered lately is said again, in its order, before
 * anything else.
 */
import type { Item } from "./attempt.js";
import type { AshadError } from "./errors.js";

const EPOCH_KEY = "ashad-epoch";
const REMEMBERED_MS = 600_000; // a replica that is further behind than this loses what was before
const MOST = 1000;

/** The epoch that one client knows. */
export class Epoch {
  /** 0: no daemon has named one. */
  number = 0;
  #said: { readonly at: number; readonly item: Item }[] = [];

  constructor(readonly worker: string) {}

  /** What stands beside a call. */
  get shown(): Record<string, string> {
    if (this.number === 0) return {};
    return { [EPOCH_KEY]: String(this.number), "ashad-worker": this.worker };
  }

  /** Note the epoch beside an answer; a later one than is known comes with a refusal only. */
  hear(beside: Headers): void {
    this.number ||= epochIn(beside);
  }

  /** Keep what was answered, for a while. */
  remember(item: Item): void {
    if (this.number === 0) return;
    const at = performance.now();
    let old = 0;
    while (at - (this.#said[old]?.at ?? at) > REMEMBERED_MS || this.#said.length - old >= MOST)
      old++;
    this.#said.splice(0, old);
    this.#said.push({ at, item });
  }

  /** Go on in the epoch that a refusal names; return what is to be said again, in order. */
  change(error: AshadError): Item[] {
    if (error.epoch <= this.number) return []; // another call was told as well
    this.number = error.epoch;
    const again = this.#said.map(({ item }) => item);
    this.#said = [];
    return again;
  }
}

/** The epoch that a daemon names; 0 for anything else. */
export function epochIn(beside: Headers): number {
  const text = beside.get(EPOCH_KEY) ?? "";
  return /^[0-9]{1,9}$/.test(text) ? Number(text) : 0;
}
