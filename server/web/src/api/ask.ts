/** Answers that follow a study: asked at once, and again when it has changed, but never too often. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Signal } from "@preact/signals";
import { isCancelled, refusal } from "./client";

/** Milliseconds between two questions, at least. */
const LEAST = 1000;
/** And so many times as long as the last answer took, so that a page never keeps a daemon busy. */
const SHARE = 10;

export interface Asked<T> {
  /** What was answered last; stays while one asks again, so that nothing flickers. */
  value: T | undefined;
  refused: string | undefined;
}

/**
 * Ask `question` whenever `key` changes, and again as `seq` grows.
 * An answer to an old key is thrown away.
 */
export function useAsk<T>(
  question: (signal: AbortSignal) => Promise<T>,
  key: string,
  seq?: Signal<bigint>,
): Asked<T> {
  const [asked, setAsked] = useState<Asked<T> & { key: string }>({
    key,
    value: undefined,
    refused: undefined,
  });
  const latest = useRef(question);
  latest.current = question;
  useEffect(() => {
    const abort = new AbortController();
    const ended = (): boolean => abort.signal.aborted;
    let timer: number | undefined;
    let busy = false;
    let free = 0;
    let done = -1n;
    const ask = async (): Promise<void> => {
      if (busy || ended()) return;
      busy = true;
      const began = performance.now();
      const at = seq?.peek() ?? 0n;
      try {
        const value = await latest.current(abort.signal);
        setAsked({ key, value, refused: undefined });
        done = at;
      } catch (error) {
        if (ended() || isCancelled(error)) return;
        setAsked((old) => ({ key, value: old.value, refused: refusal(error) }));
        done = at;
      } finally {
        busy = false;
        free = performance.now() + Math.max(LEAST, SHARE * (performance.now() - began));
        plan();
      }
    };
    const plan = (): void => {
      if (seq === undefined || busy || timer !== undefined || seq.peek() === done) return;
      timer = window.setTimeout(
        () => {
          timer = undefined;
          if (!document.hidden) void ask();
        },
        Math.max(0, free - performance.now()),
      );
    };
    void ask();
    const end = seq?.subscribe(plan);
    document.addEventListener("visibilitychange", plan);
    return () => {
      abort.abort();
      clearTimeout(timer);
      end?.();
      document.removeEventListener("visibilitychange", plan);
    };
  }, [key, seq]);
  return asked;
}
