/** The best trials of a search by several metrics: by fronts in a picture and a table, in order the first. */
import { useState } from "preact/hooks";
import { api, PATIENCE } from "../api/client";
import { useAsk } from "../api/ask";
import type { StudyModel } from "../api/model";
import { nearest, Plot, room } from "../charts/plot";
import type { FrontEntry, Objective, Study } from "../gen/ashad_pb";
import { colour } from "../parts/fate";
import { count, metric, resource } from "../parts/format";
import { href } from "../parts/route";
import { Empty, Loading, Refused, Section } from "../parts/ui";

/** What a trial last told of an objective. */
function told(study: Study, entry: Pick<FrontEntry, "report">, name: string): number {
  const report = entry.report;
  if (name === study.spec?.metric) return report?.value ?? NaN;
  return report?.metrics.find((m) => m.name === name)?.value ?? NaN;
}

export function Front({ model, study }: { model: StudyModel; study: Study }) {
  const [hovered, setHovered] = useState<number>();
  const asked = useAsk(
    (signal) => api.getBestTrial({ study: study.name }, { ...PATIENCE, signal }),
    study.name,
    model.seq,
  );
  const front = asked.value?.front;
  if (front === undefined)
    return asked.refused === undefined ? (
      <Loading height={360} />
    ) : (
      <Refused text={asked.refused} />
    );
  if (front.length === 0) return <Empty title="Nothing reported yet" />;
  const names = (study.spec?.objectives ?? []).map((o) => o.metric);
  const [across = "", up = ""] = names;
  const xs = front.map((entry) => told(study, entry, across));
  const ys = front.map((entry) => told(study, entry, up));
  const [left, right] = room(Math.min(...xs), Math.max(...xs));
  const [low, high] = room(Math.min(...ys), Math.max(...ys));
  const shown = hovered === undefined ? undefined : front[hovered];
  return (
    <Section title="Front" note={`${count(front.length)} trials that no other dominates`}>
      <Refused text={asked.refused} />
      <Plot
        title={`${up} over ${across} of ${front.length} trials that no other dominates`}
        x={{ label: across, low: left, high: right }}
        y={{ label: up, low, high }}
        height={320}
        paint={(p) => {
          const { context } = p;
          context.fillStyle = colour("--best");
          for (const [index, x] of xs.entries()) {
            context.beginPath();
            const size = index === hovered ? 5 : 3;
            context.arc(p.x(x), p.y(ys[index] ?? NaN), size * p.ratio, 0, 7);
            context.fill();
          }
        }}
        find={(p, x, y) =>
          nearest(
            p,
            xs.map((at, index) => [index, at, ys[index] ?? NaN] as const),
            x,
            y,
          )
        }
        onHover={setHovered}
        onPick={(index) => {
          location.hash = href(study.name, "trial", String(front[index]?.trial?.trial));
        }}
      />
      <p class="muted">
        {shown === undefined
          ? "Point at a trial, or choose it."
          : `trial ${count(shown.trial?.trial)}: ${names
              .map((name) => `${name} ${metric(told(study, shown, name))}`)
              .join(", ")}`}
      </p>
      <div class="scroll" tabIndex={0} role="group" aria-label="Front, scrolls sideways">
        <table class="rows front">
          <caption class="hidden">The trials that no other dominates</caption>
          <thead>
            <tr>
              <th scope="col">trial</th>
              {names.map((name) => (
                <th scope="col" class="num" key={name}>
                  {name}
                </th>
              ))}
              <th scope="col" class="num">
                trained
              </th>
            </tr>
          </thead>
          <tbody>
            {front.map((entry) => (
              <tr key={String(entry.trial?.trial)}>
                <th scope="row">
                  <a href={href(study.name, "trial", String(entry.trial?.trial))}>
                    trial {count(entry.trial?.trial)}
                  </a>
                </th>
                {names.map((name) => (
                  <td class="num" key={name}>
                    {metric(told(study, entry, name))}
                  </td>
                ))}
                <td class="num">
                  {resource(entry.report?.resource ?? 0n, study.spec?.resource ?? "")}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}

/** When values of an objective count as equal. */
function equal({ tolerance, relativeTolerance, target }: Objective): string {
  const step = tolerance ? `within ${metric(tolerance)}` : "";
  const share = relativeTolerance ? `within ${metric(relativeTolerance * 100)} %` : "";
  const aim = target === undefined ? "" : `from ${metric(target)} on`;
  return [step, share, aim].filter((word) => word !== "").join(", ");
}

/** The trial that is the first in the order of the objectives. */
export function First({ model, study }: { model: StudyModel; study: Study }) {
  const asked = useAsk(
    (signal) => api.getBestTrial({ study: study.name }, { ...PATIENCE, signal }),
    study.name,
    model.seq,
  );
  if (asked.refused !== undefined) return <Refused text={asked.refused} />;
  const found = asked.value;
  if (found === undefined) return <Loading height={120} />;
  if (found.trial === undefined) return <Empty title="Nothing reported yet" />;
  const trial = found.trial.trial;
  return (
    <Section title="First in order" note="by the latest report of each trial">
      <p>
        <a href={href(study.name, "trial", String(trial))}>trial {count(trial)}</a>, trained{" "}
        {resource(found.report?.resource ?? 0n, study.spec?.resource ?? "")}
      </p>
      <div class="scroll" tabIndex={0} role="group" aria-label="Objectives, scrolls sideways">
        <table class="rows goals">
          <caption class="hidden">The objectives in their order</caption>
          <thead>
            <tr>
              <th scope="col">objective</th>
              <th scope="col" class="num">
                value
              </th>
              <th scope="col">counts as equal</th>
            </tr>
          </thead>
          <tbody>
            {(study.spec?.objectives ?? []).map((one) => (
              <tr key={one.metric}>
                <th scope="row">{one.metric}</th>
                <td class="num">{metric(told(study, found, one.metric))}</td>
                <td>{equal(one)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}
