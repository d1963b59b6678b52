/** The best value so far, over the resource that was spent and over time. */
import { bestSteps } from "../api/steps";
import { useAsk } from "../api/ask";
import type { StudyModel } from "../api/model";
import { type Steps, StepPlot } from "../charts/steps";
import { Combination, type Study } from "../gen/ashad_pb";
import { count, metric, moment, resource, seconds } from "../parts/format";
import { href, route, setQuery } from "../parts/route";
import { Choice, Empty, Loading, Refused, Section } from "../parts/ui";
import { First, Front } from "./front";

/** The best value, or where several metrics have none, the best trials; and how the first metric came about. */
export function Best(props: { model: StudyModel; study: Study }) {
  const { model, study } = props;
  const combination = study.spec?.combination;
  return (
    <>
      {combination === Combination.PARETO && <Front model={model} study={study} />}
      {combination === Combination.LEXICOGRAPHIC && <First model={model} study={study} />}
      <BestSteps model={model} study={study} />
    </>
  );
}

/** The latest steps that the table shows. */
const SHOWN = 50;

function BestSteps({ model, study }: { model: StudyModel; study: Study }) {
  const { query } = route.value;
  const over = query.get("over") ?? "";
  const asked = useAsk((signal) => bestSteps(study.name, signal), study.name, model.seq);
  const unit = study.spec?.resource ?? "";
  const found = asked.value;
  if (found === undefined) {
    return asked.refused === undefined ? (
      <Loading height={420} />
    ) : (
      <Refused text={asked.refused} />
    );
  }
  if (found.steps.length === 0) return <Empty title="Nothing reported yet" />;
  const time = over === "time";
  const lines: Steps = {
    name: study.name,
    colour: "--best",
    xs: found.steps.map((s) => (time ? (seconds(s.time) ?? 0) : Number(s.totalResource))),
    ys: found.steps.map((s) => s.value),
    end: time ? (found.time ?? 0) : found.totalResource,
    trials: found.steps.map((s) => s.trial),
  };
  return (
    <Section
      title="Best so far"
      note={`${count(found.steps.length)} steps${found.more ? ", the latest reports left out" : ""}`}
      tools={
        <>
          <Choice
            label="Over"
            options={[
              ["", `over ${unit}s spent`],
              ["time", "over time"],
            ]}
            value={over}
            onChange={(next) => {
              setQuery({ over: next });
            }}
          />
          <Choice
            label="Metric"
            options={[
              ["", "linear"],
              ["log", "log"],
            ]}
            value={query.get("y") ?? ""}
            onChange={(y) => {
              setQuery({ y });
            }}
          />
        </>
      }
    >
      <Refused text={asked.refused} />
      <StepPlot
        lines={[lines]}
        metricName={study.spec?.metric ?? ""}
        xLabel={time ? "time" : `${unit}s spent by all trials`}
        xTime={time ? "moment" : ""}
        log={query.get("y") === "log"}
        height={380}
        onPick={(l, step) => {
          location.hash = href(study.name, "trial", String(l.trials[step]));
        }}
      />
      <div class="scroll" tabIndex={0} role="group" aria-label="Steps, scrolls sideways">
        <table class="rows">
          <caption class="hidden">The latest steps</caption>
          <thead>
            <tr>
              <th scope="col">trial</th>
              <th scope="col" class="num">
                {study.spec?.metric}
              </th>
              <th scope="col" class="num">
                reached at
              </th>
              <th scope="col" class="num">
                spent by all
              </th>
              <th scope="col">when</th>
            </tr>
          </thead>
          <tbody>
            {found.steps
              .slice(-SHOWN)
              .reverse()
              .map((step) => (
                <tr key={String(step.commitSeq)}>
                  <th scope="row">
                    <a href={href(study.name, "trial", String(step.trial))}>
                      trial {count(step.trial)}
                    </a>
                  </th>
                  <td class="num">{metric(step.value)}</td>
                  <td class="num">{resource(step.resource, unit)}</td>
                  <td class="num">{resource(step.totalResource, unit)}</td>
                  <td>{moment(seconds(step.time))}</td>
                </tr>
              ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}
