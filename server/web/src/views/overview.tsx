/** Rungs and curves, what happened last, and why. */
import { useEffect } from "preact/hooks";
import { api, PATIENCE } from "../api/client";
import { useAsk } from "../api/ask";
import type { StudyModel } from "../api/model";
import { Curves } from "../charts/curves";
import { Ladders } from "../charts/ladder";
import { type Study, type StudyChange, TrialState } from "../gen/ashad_pb";
import { fate, stateOf, STATES } from "../parts/fate";
import { clock, count, metric, reason, resource, seconds } from "../parts/format";
import { href, route, setQuery } from "../parts/route";
import { Choice, Command, Empty, Loading, Refused, Section } from "../parts/ui";
import { Why } from "./why";

/** Points of a curve: as many as can be seen beside the others. */
const POINTS = 100;

function said(change: StudyChange, study: Study): string {
  const { report, trial } = change;
  const unit = study.spec?.resource ?? "";
  if (report !== undefined) {
    const { decision } = report;
    const what = `${metric(report.value)} at ${resource(report.resource, unit)}`;
    if (decision?.rung === undefined) return what;
    const place = `rank ${count(decision.rank)} of ${count(decision.size)} in rung ${decision.rung}`;
    return `${what}: ${place}, ${reason(decision.reason)}`;
  }
  const word = reason(change.kind);
  if (trial === undefined) return `the study was ${word}`;
  const who = change.kind === "ASSIGNED" && trial.worker !== "" ? ` to ${trial.worker}` : "";
  const why = trial.message !== "" ? `: ${trial.message}` : "";
  return `${word}${who}${why}`;
}

function number(change: StudyChange): bigint | undefined {
  return change.report?.trial ?? change.trial?.trial;
}

function Events({ model, study }: { model: StudyModel; study: Study }) {
  // Reports between two rungs are most of what happens, and say least.
  const shown = model.changes.value
    .filter((c) => c.report === undefined || c.report.decision?.rung !== undefined)
    .slice(0, 14);
  return (
    <Section title="Latest changes" class="hide-small">
      {shown.length === 0 ? (
        <p class="muted">Nothing since this page was opened.</p>
      ) : (
        <ul class="events">
          {shown.map((change) => {
            const trial = number(change);
            const at = seconds(change.time);
            return (
              <li key={`${change.commitSeq}-${trial}-${change.kind}`}>
                <time>{at === undefined ? "" : clock(at)}</time>
                {trial === undefined ? (
                  <span />
                ) : (
                  <a href={href(study.name, "", "", { trial: String(trial) })}>
                    trial {String(trial)}
                  </a>
                )}
                <span>{said(change, study)}</span>
              </li>
            );
          })}
        </ul>
      )}
    </Section>
  );
}

function useHistograms(model: StudyModel): string | undefined {
  const asked = useAsk(
    (signal) => api.summarizeStudy({ study: model.name }, { ...PATIENCE, signal }),
    model.name,
    model.seq,
  );
  useEffect(() => {
    if (asked.value !== undefined) model.takeHistograms(asked.value);
  }, [asked.value]);
  return asked.refused;
}

function CurvesPanel({ model, study }: { model: StudyModel; study: Study }) {
  const { query } = route.value;
  const trial = query.get("trial") ?? "";
  const other = query.get("metric") ?? "";
  const hidden = new Set(
    (query.get("hide") ?? "").split(",").flatMap((name) => stateOf(name) ?? []),
  );
  const wanted = /^\d{1,18}$/.test(trial) ? [BigInt(trial)] : [];
  const asked = useAsk(
    (signal) =>
      api.sampleCurves(
        { study: study.name, trials: wanted, metric: other, maxPoints: POINTS },
        { ...PATIENCE, signal },
      ),
    `${study.name} ${trial} ${other}`,
    model.seq,
  );
  const curves = asked.value?.curves ?? [];
  const there = STATES.filter((state) => curves.some((c) => c.state === state));
  const all = asked.value?.trials ?? 0n;
  const positive = curves.every((c) => c.values.every((v) => !(v <= 0)));
  return (
    <Section
      title="Learning curves"
      note={
        asked.value &&
        (all > BigInt(curves.length)
          ? `${count(curves.length)} of ${count(all)} trials: those that run, the best, and a fair sample`
          : `${count(all)} trials`)
      }
      tools={
        <>
          <Choice
            label={study.spec?.resource ?? "resource"}
            options={[
              ["", `${study.spec?.resource ?? ""} linear`],
              ["log", "log"],
            ]}
            value={query.get("x") ?? ""}
            onChange={(x) => {
              setQuery({ x });
            }}
          />
          {positive && (
            <Choice
              label="Metric"
              options={[
                ["", "metric linear"],
                ["log", "log"],
              ]}
              value={query.get("y") ?? ""}
              onChange={(y) => {
                setQuery({ y });
              }}
            />
          )}
        </>
      }
    >
      <Refused text={asked.refused} />
      {asked.value === undefined ? (
        <Loading height={362} />
      ) : curves.length === 0 ? (
        <Empty title="No trial yet">
          <p>Start a worker: any executable that prints its metric, or a script with the client.</p>
          <Command text={`ashad run ${study.name} -- python train.py {args}`} />
        </Empty>
      ) : (
        <>
          <div class="legend" role="group" aria-label="Which trials are shown">
            {there.map((state) => {
              const { name, colour, mark } = fate(state);
              const many = curves.filter((c) => c.state === state).length;
              return (
                <button
                  key={state}
                  type="button"
                  aria-pressed={!hidden.has(state)}
                  onClick={() => {
                    const next = new Set(hidden);
                    if (!next.delete(state)) next.add(state);
                    setQuery({ hide: [...next].map((s) => fate(s).name).join(",") });
                  }}
                >
                  <span style={{ color: `var(${colour})` }} aria-hidden="true">
                    {mark}{" "}
                  </span>
                  {name} <span class="muted">{count(many)}</span>
                </button>
              );
            })}
          </div>
          <Curves
            curves={curves}
            study={study}
            metricName={other === "" ? (study.spec?.metric ?? "") : other}
            hidden={hidden}
            log={query.get("y") === "log"}
            logX={query.get("x") === "log"}
            picked={wanted[0] === undefined ? undefined : Number(wanted[0])}
            best={study.best === undefined ? undefined : Number(study.best.trial)}
            height={330}
            onPick={(found) => {
              setQuery({ trial: String(found) }, true);
            }}
          />
          {hidden.has(TrialState.RUNNING) && <p class="muted">Running trials are hidden.</p>}
        </>
      )}
    </Section>
  );
}

export function Overview({ model, study }: { model: StudyModel; study: Study }) {
  const refused = useHistograms(model);
  const trial = route.value.query.get("trial") ?? "";
  return (
    <div class={trial === "" ? "stack" : "beside"}>
      <div class="two">
        <Section
          title="Rungs"
          note={study.brackets.length > 1 ? `${study.brackets.length} brackets` : ""}
        >
          <Refused text={refused} />
          <Ladders study={study} histograms={model.histograms.value} />
        </Section>
        <div class="stack">
          <CurvesPanel model={model} study={study} />
          <Events model={model} study={study} />
        </div>
      </div>
      {trial !== "" && <Why key={trial} model={model} study={study} trial={trial} />}
    </div>
  );
}
