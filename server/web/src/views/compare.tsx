/** Studies beside each other: figures, and the best so far over what was spent. */
import { api, PATIENCE } from "../api/client";
import { useAsk } from "../api/ask";
import { bestSteps } from "../api/steps";
import { INKS, type Steps, StepPlot } from "../charts/steps";
import { plain } from "../api/columns";
import type { Study } from "../gen/ashad_pb";
import { maximizes, studyState } from "../parts/fate";
import { cell, count, metric, resource, seconds } from "../parts/format";
import { href, route, setQuery } from "../parts/route";
import { Badge, Choice, Empty, Loading, Refused, Section } from "../parts/ui";

/** More cannot be told apart. */
const MOST = 6;

export function Compare() {
  const { query } = route.value;
  const names = [...new Set((query.get("studies") ?? "").split(","))]
    .filter((n) => n !== "")
    .slice(0, MOST);
  const time = query.get("over") === "time";
  const asked = useAsk(
    (signal) =>
      Promise.all(
        names.map(async (study) => {
          const options = { ...PATIENCE, signal };
          const [told, steps] = await Promise.all([
            api.getStudy({ study }, options),
            bestSteps(study, signal),
          ]);
          return { study: told.study as Study, steps };
        }),
      ),
    names.join(),
  );
  if (names.length === 0) {
    return (
      <Empty title="Nothing to compare">
        <p>Tick some studies in the list.</p>
        <a href={href("")}>All studies</a>
      </Empty>
    );
  }
  const found = asked.value;
  if (found === undefined) {
    return asked.refused === undefined ? (
      <Loading height={420} />
    ) : (
      <Refused text={asked.refused} />
    );
  }
  const lines: Steps[] = found
    .map(({ study, steps }, index): Steps => {
      const began = seconds(study.createTime) ?? 0;
      return {
        name: study.name,
        colour: INKS[index] ?? "--text",
        xs: steps.steps.map((s) =>
          time ? (seconds(s.time) ?? 0) - began : Number(s.totalResource),
        ),
        ys: steps.steps.map((s) => s.value),
        end: time ? (steps.time ?? began) - began : steps.totalResource,
        trials: steps.steps.map((s) => s.trial),
      };
    })
    .filter((l) => l.xs.length > 0);
  const metrics = [...new Set(found.map(({ study }) => study.spec?.metric ?? ""))];
  const units = [...new Set(found.map(({ study }) => study.spec?.resource ?? ""))];
  const params = [
    ...new Set(found.flatMap(({ study }) => study.best?.params.map((p) => p.name) ?? [])),
  ];
  const rows: [string, (study: Study) => string][] = [
    ["best", (s) => metric(s.best?.value)],
    ["metric", (s) => `${s.spec?.metric ?? ""}, ${maximizes(s) ? "higher" : "lower"} is better`],
    ["trials", (s) => count(s.counts?.created)],
    ["completed", (s) => count(s.counts?.completed)],
    ["stopped early", (s) => count(s.counts?.stopped)],
    ["failed", (s) => count(s.counts?.failed)],
    ["spent", (s) => resource(s.totalResource, s.spec?.resource ?? "")],
    ["algorithm", (s) => s.spec?.algorithm.case ?? ""],
    ["sampler", (s) => s.spec?.sampler.case ?? "independent draws"],
    ...params.map((name): [string, (study: Study) => string] => [
      `${name} of the best`,
      (s) => cell(plain(s.best?.params.find((p) => p.name === name)?.value)),
    ]),
  ];
  return (
    <>
      <h1>Compare studies</h1>
      <Refused text={asked.refused} />
      {metrics.length > 1 && (
        <p class="refused">They judge different metrics: {metrics.join(", ")}.</p>
      )}
      {lines.length > 0 && (
        <Section
          title="Best so far"
          tools={
            <Choice
              label="Over"
              options={[
                ["", "over resource spent"],
                ["time", "over time since creation"],
              ]}
              value={query.get("over") ?? ""}
              onChange={(over) => {
                setQuery({ over });
              }}
            />
          }
        >
          <p class="key">
            {lines.map((l) => (
              <span key={l.name}>
                <i class="swatch" style={{ background: `var(${l.colour})` }} /> {l.name}
              </span>
            ))}
          </p>
          <StepPlot
            lines={lines}
            metricName={metrics.join(", ")}
            xLabel={
              time ? "seconds since it was created" : `${units.join("s or ")}s spent by all trials`
            }
            xTime={time ? "span" : ""}
            log={false}
            height={360}
            onPick={(l, step) => {
              location.hash = href(l.name, "trial", String(l.trials[step]));
            }}
          />
        </Section>
      )}
      <Section title="Figures">
        <div class="scroll" tabIndex={0} role="group" aria-label="Figures, scrolls sideways">
          <table class="rows">
            <thead>
              <tr>
                <th scope="col">
                  <span class="hidden">figure</span>
                </th>
                {found.map(({ study }) => (
                  <th scope="col" key={study.name} class="num">
                    <a href={href(study.name)}>{study.name}</a> <Badge {...studyState(study)} />
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map(([name, of]) => (
                <tr key={name}>
                  <th scope="row" class="muted">
                    {name}
                  </th>
                  {found.map(({ study }) => (
                    <td key={study.name} class="num">
                      {of(study)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Section>
    </>
  );
}
