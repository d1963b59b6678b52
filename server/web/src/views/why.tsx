/** Why a trial stands where it stands: each decision's sentence, and the numbers that were compared. */
import { api, PATIENCE } from "../api/client";
import { useAsk } from "../api/ask";
import type { StudyModel } from "../api/model";
import { plain } from "../api/columns";
import { Action, type Explanation, type Study, type Trial } from "../gen/ashad_pb";
import { cell, count, metric, reason } from "../parts/format";
import { href, setQuery } from "../parts/route";
import { Loading, Refused, Section, State } from "../parts/ui";

const HUES: Record<number, string> = {
  [Action.CONTINUE]: "--running",
  [Action.STOP]: "--stopped",
  [Action.PAUSE]: "--paused",
};

function Numbers(props: { explanation: Explanation; study: Study; trial: bigint }) {
  const { entries } = props.explanation;
  if (entries.length === 0) return null;
  return (
    <table class="compare-numbers">
      <caption class="hidden">The rung as the decision saw it</caption>
      <thead>
        <tr>
          <th scope="col" class="num">
            rank
          </th>
          <th scope="col">trial</th>
          <th scope="col" class="num">
            {props.study.spec?.metric}
          </th>
          <th scope="col">
            <span class="hidden">within the quota</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {entries.map((entry, index) => {
          const before = entries[index - 1];
          const cut = before?.withinQuota === true && !entry.withinQuota;
          const gap = before !== undefined && entry.rank > before.rank + 1n;
          return (
            <tr
              key={String(entry.rank)}
              class={`${entry.trial === props.trial ? "chosen" : ""} ${cut ? "cut-here" : ""}`}
            >
              <td class="num">
                {gap && <span class="muted">… </span>}
                {count(entry.rank)}
              </td>
              <td>
                {entry.trial === props.trial ? (
                  "this trial"
                ) : (
                  <a href={href(props.study.name, "", "", { trial: String(entry.trial) })}>
                    trial {String(entry.trial)}
                  </a>
                )}
              </td>
              <td class="num">{entry.value === undefined ? "diverged" : metric(entry.value)}</td>
              <td>
                {[entry.infeasible && "infeasible", entry.withinQuota && "may go on"]
                  .filter(Boolean)
                  .join(", ")}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

export function Reasons(props: {
  explanations: readonly Explanation[];
  study: Study;
  trial: Trial;
}) {
  if (props.explanations.length === 0) {
    return <p class="muted">No decision at a rung yet.</p>;
  }
  return (
    <ol class="reasons">
      {[...props.explanations].reverse().map((explanation, index) => {
        const hue = HUES[explanation.report?.decision?.action ?? Action.CONTINUE] ?? "--line";
        return (
          <li key={index} style={{ "--hue": `var(${hue})` }}>
            <p>{explanation.sentence}</p>
            <Numbers explanation={explanation} study={props.study} trial={props.trial.trial} />
          </li>
        );
      })}
    </ol>
  );
}

export function useExplanation(model: StudyModel, trial: string) {
  return useAsk(
    (signal) =>
      api.explainTrial({ study: model.name, trial: BigInt(trial) }, { ...PATIENCE, signal }),
    `${model.name} ${trial}`,
    model.seq,
  );
}

export function Why(props: { model: StudyModel; study: Study; trial: string }) {
  const { study, trial } = props;
  const valid = /^\d{1,18}$/.test(trial);
  const asked = useExplanation(props.model, valid ? trial : "0");
  const close = (
    <button
      class="quiet"
      type="button"
      aria-label="Close"
      onClick={() => {
        setQuery({ trial: undefined });
      }}
    >
      ✕
    </button>
  );
  const shown = asked.value?.trial;
  return (
    <Section title={`Why: trial ${trial}`} class="why" tools={close}>
      <Refused text={valid ? asked.refused : `“${trial}” is no number of a trial`} />
      {asked.value === undefined && asked.refused === undefined && <Loading height={200} />}
      {valid && shown !== undefined && (
        <>
          <p>
            <State state={shown.state} /> <span class="muted">{reason(shown.reason)}</span>
            {" · "}
            <a href={href(study.name, "trial", trial)}>all about it</a>
          </p>
          <table class="facts">
            <caption class="hidden">Its parameters</caption>
            <tbody>
              {shown.params.map((param) => (
                <tr key={param.name}>
                  <th scope="row">{param.name}</th>
                  <td>{cell(plain(param.value))}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <Reasons explanations={asked.value?.explanations ?? []} study={study} trial={shown} />
        </>
      )}
    </Section>
  );
}
