/** What the workers did: a bar for each attempt. */
import { useEffect, useRef, useState } from "preact/hooks";
import { api, isCancelled, refusal } from "../api/client";
import type { StudyModel } from "../api/model";
import { Spans } from "../api/spans";
import { Gantt, type Lane } from "../charts/gantt";
import { type Study, StudyState, TrialState } from "../gen/ashad_pb";
import { fate } from "../parts/fate";
import { count, span as stretch } from "../parts/format";
import { href, route, setQuery } from "../parts/route";
import { Choice, Empty, Loading, Refused, Section } from "../parts/ui";

/** Changes before now that are read: so far back the view goes. */
const CHANGES = 6000n;
/** Workers that get a lane; there may be thousands. */
const LANES = 80;
/** Milliseconds between two paints of bars that grow. */
const EVERY = 500;

/** Read the changes of a stretch, then take those that come. */
function useSpans(model: StudyModel): { spans: Spans | undefined; refused: string | undefined } {
  const [spans, setSpans] = useState<Spans>();
  const [refused, setRefused] = useState<string>();
  const [, tick] = useState(0);
  const changed = useRef(false);
  useEffect(() => {
    const abort = new AbortController();
    const made = new Spans();
    const early: Parameters<Spans["add"]>[0][number][] = [];
    let ready = false;
    const listener = (changes: Parameters<Spans["add"]>[0]): void => {
      if (ready) made.add(changes);
      else if (early.length < Number(CHANGES)) early.push(...changes);
      changed.current = true;
    };
    model.listeners.add(listener);
    const timer = setInterval(() => {
      if (!changed.current || document.hidden) return;
      changed.current = false;
      tick((n) => n + 1);
    }, EVERY);
    const read = async (): Promise<void> => {
      const { commitSeq } = await api.getStudy({ study: model.name }, { signal: abort.signal });
      const afterSeq = commitSeq > CHANGES ? commitSeq - CHANGES : 0n;
      const stream = api.watchStudy({ study: model.name, afterSeq }, { signal: abort.signal });
      for await (const told of stream) {
        made.add(told.changes);
        if (told.commitSeq >= commitSeq) break;
      }
      ready = true;
      made.add(early);
      setSpans(made);
    };
    read().catch((error: unknown) => {
      if (!isCancelled(error) && !abort.signal.aborted) setRefused(refusal(error));
    });
    return () => {
      abort.abort();
      clearInterval(timer);
      model.listeners.delete(listener);
    };
  }, [model]);
  return { spans, refused };
}

const WINDOWS = [
  ["", "all"],
  ["3600", "1 h"],
  ["600", "10 min"],
  ["60", "1 min"],
] as const;

function lanes(spans: Spans, from: number, to: number): Lane[] {
  const found = new Map<string, Lane["spans"][number][]>();
  for (const span of spans.all) {
    if ((span.to ?? to) < from) continue;
    const mine = found.get(span.worker);
    if (mine === undefined) found.set(span.worker, [span]);
    else mine.push(span);
  }
  return [...found.entries()].map(([worker, mine]) => ({
    worker,
    spans: mine,
    busy: mine.reduce(
      (sum, s) => sum + Math.max(0, Math.min(s.to ?? to, to) - Math.max(s.from, from)),
      0,
    ),
  }));
}

export function Timeline({ model, study }: { model: StudyModel; study: Study }) {
  const { spans, refused } = useSpans(model);
  const window_ = route.value.query.get("window") ?? "";
  if (spans === undefined)
    return refused === undefined ? <Loading height={300} /> : <Refused text={refused} />;
  if (spans.all.length === 0) return <Empty title="No worker has asked for a trial lately" />;
  const active = study.state === StudyState.ACTIVE && spans.all.some((s) => s.to === undefined);
  const to = active ? Math.max(spans.to, Date.now() / 1000) : spans.to;
  const first = Math.min(...spans.all.map((s) => s.from));
  const from = window_ === "" ? first : Math.max(first, to - Number(window_));
  const all = lanes(spans, from, to).sort((a, b) =>
    a.worker.localeCompare(b.worker, undefined, { numeric: true }),
  );
  const shown = all.length > LANES ? [...all].sort((a, b) => b.busy - a.busy).slice(0, LANES) : all;
  const busy = all.reduce((sum, lane) => sum + lane.busy, 0);
  const whole = Math.max(1e-9, (to - from) * all.length);
  const lost = spans.all.filter((s) => s.end === "lost").length;
  const key = [
    TrialState.RUNNING,
    TrialState.COMPLETED,
    TrialState.STOPPED,
    TrialState.PAUSED,
    TrialState.FAILED,
  ];
  return (
    <Section
      title="Workers"
      note={`${count(all.length)} ${all.length === 1 ? "worker" : "workers"}, busy ${Math.round((100 * busy) / whole)} % of ${stretch(to - from)}${lost > 0 ? `, ${count(lost)} leases lost` : ""}${all.length > LANES ? `; the ${LANES} busiest are shown` : ""}`}
      tools={
        <Choice
          label="The last"
          options={WINDOWS}
          value={window_ as (typeof WINDOWS)[number][0]}
          onChange={(next) => {
            setQuery({ window: next });
          }}
        />
      }
    >
      <p class="key" aria-hidden="true">
        {key.map((state) => (
          <span key={state}>
            <i class="swatch" style={{ background: `var(${fate(state).colour})` }} />{" "}
            {fate(state).name}
          </span>
        ))}
        <span>▸ the lease was lost, given back, or the trial failed</span>
      </p>
      <Gantt
        lanes={shown}
        from={from}
        to={to}
        unit={study.spec?.resource ?? ""}
        onPick={(trial) => {
          location.hash = href(study.name, "trial", String(trial));
        }}
      />
      <details>
        <summary class="muted">As a table</summary>
        <table class="rows">
          <thead>
            <tr>
              <th scope="col">worker</th>
              <th scope="col" class="num">
                attempts
              </th>
              <th scope="col" class="num">
                busy
              </th>
              <th scope="col" class="num">
                leases lost
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((lane) => (
              <tr key={lane.worker}>
                <th scope="row">{lane.worker}</th>
                <td class="num">{count(lane.spans.length)}</td>
                <td class="num">{Math.round((100 * lane.busy) / Math.max(1e-9, to - from))} %</td>
                <td class="num">{count(lane.spans.filter((s) => s.end === "lost").length)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </Section>
  );
}
