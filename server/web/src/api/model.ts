/** A study as it is followed: what it was when asked, and each change from there on. Bounded in memory. */
import { batch, signal } from "@preact/signals";
import { Code, ConnectError } from "@connectrpc/connect";
import type {
  QuotaUse,
  RungHistogram,
  Study,
  StudyChange,
  SummarizeStudyResponse,
} from "../gen/ashad_pb";
import { api, isAway, PATIENCE, refusal, session } from "./client";

/** Milliseconds between two paints: four a second. */
const PAINT = 250;
/** The latest changes that are kept to be shown. */
const KEPT = 60;
/** Changes before now that are read at first, to have some to show. */
const BEFORE = 200n;
/** Milliseconds without a word after which the stream is taken for dead; the daemon says something every 10 s. */
const SILENT = 45_000;
/** Milliseconds after which one begins anew rather than read all that happened meanwhile. */
const STALE = 120_000;
/** Milliseconds for which nobody looks before the stream is closed: a browser has six for all of its tabs. */
const UNSEEN = 20_000;
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 20_000;

export type Link = "asking" | "live" | "away" | "unseen" | "gone";

export class StudyModel {
  readonly study = signal<Study | undefined>(undefined);
  readonly histograms = signal<RungHistogram[]>([]);
  readonly quotas = signal<QuotaUse[]>([]);
  /** The newest first. */
  readonly changes = signal<readonly StudyChange[]>([]);
  /** Sequence number up to which everything is shown; views that were asked before ask again. */
  readonly seq = signal(0n);
  readonly link = signal<Link>("asking");
  readonly refused = signal<string | undefined>(undefined);
  /** When one asks again, milliseconds since 1970, while the daemon is away. */
  readonly nextTry = signal(0);

  /** Called with all changes at once as they come, more than are kept. */
  readonly listeners = new Set<(changes: readonly StudyChange[]) => void>();

  private readonly unsubscribe: () => void;
  private closed = false;
  private abort = new AbortController();
  private wake: (() => void) | undefined;
  private heard = 0;
  private pending: StudyChange[] = [];
  private pendingStudy: Study | undefined;
  private pendingSeq = 0n;
  private timer: number | undefined;
  private unseen: number | undefined;

  constructor(readonly name: string) {
    document.addEventListener("visibilitychange", this.seen);
    // Who has just signed in need not wait for the next try.
    this.unsubscribe = session.subscribe((who) => {
      if (who) this.wake?.();
    });
    void this.run();
  }

  close(): void {
    this.closed = true;
    document.removeEventListener("visibilitychange", this.seen);
    this.unsubscribe();
    clearTimeout(this.timer);
    clearTimeout(this.unseen);
    this.abort.abort();
    this.wake?.();
  }

  /** Ask anew, after an order was given. */
  async refresh(): Promise<void> {
    const answer = await api.summarizeStudy({ study: this.name }, PATIENCE);
    batch(() => {
      this.study.value = answer.study;
      this.takeHistograms(answer);
      this.refused.value = undefined;
      if (answer.commitSeq > this.seq.value) this.seq.value = answer.commitSeq;
    });
  }

  /** Take the histograms and quotas, which changes do not carry. */
  readonly takeHistograms = (found: SummarizeStudyResponse): void => {
    this.histograms.value = found.histograms;
    this.quotas.value = found.quotas;
  };

  private readonly seen = (): void => {
    clearTimeout(this.unseen);
    if (document.hidden) {
      this.unseen = window.setTimeout(() => {
        this.link.value = "unseen";
        this.abort.abort();
      }, UNSEEN);
    } else this.wake?.();
  };

  private async run(): Promise<void> {
    let pause = FIRST_PAUSE;
    while (!this.closed) {
      try {
        if (this.study.value === undefined || Date.now() - this.heard > STALE) await this.refresh();
        await this.follow(() => {
          pause = FIRST_PAUSE;
        });
      } catch (error) {
        const told = ConnectError.from(error);
        if (this.isClosed()) return;
        if (told.code === Code.NotFound) {
          this.refused.value = refusal(error);
          this.link.value = "gone";
          return;
        }
        if (told.code === Code.FailedPrecondition) {
          // Another study has this name now: begin with it.
          this.seq.value = 0n;
          this.heard = 0;
          this.changes.value = [];
        } else if (this.link.value !== "unseen" && told.code !== Code.Canceled) {
          if (!isAway(error)) this.refused.value = refusal(error);
          this.link.value = "away";
        }
      }
      if (session.value === null) await this.sleep(LONGEST_PAUSE);
      else if (document.hidden) await this.sleep(3_600_000);
      else {
        const wait = Math.round(pause * (0.5 + Math.random()));
        this.nextTry.value = Date.now() + wait;
        await this.sleep(wait);
        pause = Math.min(pause * 2, LONGEST_PAUSE);
      }
    }
  }

  private async follow(good: () => void): Promise<void> {
    this.abort = new AbortController();
    const { signal: cut } = this.abort;
    let dog = 0;
    const watch = (): void => {
      clearTimeout(dog);
      dog = window.setTimeout(() => {
        this.abort.abort();
      }, SILENT);
    };
    watch();
    try {
      const now = this.seq.value;
      const afterSeq = this.changes.value.length > 0 ? now : now > BEFORE ? now - BEFORE : 0n;
      const request = { study: this.name, afterSeq };
      for await (const told of api.watchStudy(request, { signal: cut })) {
        good();
        watch();
        this.heard = Date.now();
        if (this.link.value !== "live") {
          this.link.value = "live";
          this.refused.value = undefined;
        }
        for (const listener of this.listeners) listener(told.changes);
        this.pending.push(...told.changes);
        if (this.pending.length > KEPT) this.pending.splice(0, this.pending.length - KEPT);
        if (told.study !== undefined) this.pendingStudy = told.study;
        this.pendingSeq = told.commitSeq;
        this.timer ??= window.setTimeout(this.paint, PAINT);
      }
    } finally {
      clearTimeout(dog);
      this.paint();
    }
  }

  private readonly paint = (): void => {
    clearTimeout(this.timer);
    this.timer = undefined;
    batch(() => {
      if (this.pending.length > 0) {
        this.changes.value = [...this.pending.reverse(), ...this.changes.value].slice(0, KEPT);
      }
      if (this.pendingStudy !== undefined) this.study.value = this.pendingStudy;
      if (this.pendingSeq > this.seq.value) this.seq.value = this.pendingSeq;
    });
    this.pending = [];
    this.pendingStudy = undefined;
  };

  private isClosed(): boolean {
    return this.closed;
  }

  private async sleep(milliseconds: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = window.setTimeout(resolve, milliseconds);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wake = undefined;
  }
}
