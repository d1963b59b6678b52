/** The trials of a search by fronts that no other dominates: a picture of two objectives, a table of all. */
import { useState } from "preact/hooks";
import { api, PATIENCE } from "../api/client";
import { useAsk } from "../api/ask";
import type { StudyModel } from "../api/model";
import { nearest, Plot, room } from "../charts/plot";
import type { FrontEntry, Study } from "../gen/ashad_pb";
import { colour } from "../parts/fate";
import { count, metric, resource } from "../parts/format";
import { href } from "../parts/route";
import { Empty, Loading, Refused, Section } from "../parts/ui";

/** What a trial of the front last told of an objective. */
function told(study: Study, entry: FrontEntry, name: string): number {
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
