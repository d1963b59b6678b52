/** A study: its figures at the head, and one of its views below. */
import type { ComponentChildren } from "preact";
import type { StudyModel } from "../api/model";
import type { Study } from "../gen/ashad_pb";
import { maximizes, studyState } from "../parts/fate";
import { ago, cell, count, metric, reason, resource, seconds, span } from "../parts/format";
import { quotaText } from "../parts/quota";
import { plain } from "../api/columns";
import { href, route } from "../parts/route";
import { Badge, Empty, Figure, Loading, Meter, Refused } from "../parts/ui";
import { Best } from "./best";
import { Overview } from "./overview";
import { Replay } from "./replay";
import { Params } from "./params";
import { EditRemarks, Labels, Note } from "./remarks";
import { Steering } from "./steering";
import { progress } from "./studies";
import { Timeline } from "./timeline";
import { TrialView } from "./trial";
import { Trials } from "./trials";

const TABS = [
  ["", "Rungs and curves"],
  ["trials", "Trials"],
  ["best", "Best so far"],
  ["params", "Parameters"],
  ["workers", "Workers"],
  ["replay", "Replay"],
] as const;

function Figures({ study }: { study: Study }) {
  const { best, counts, spec } = study;
  const how = progress(study);
  const unit = spec?.resource ?? "";
  const wrong = Number(counts?.failed ?? 0n) + Number(counts?.infeasible ?? 0n);
  const began = seconds(study.createTime);
  return (
    <dl class="strip">
      <Figure
        name={`best ${spec?.metric ?? ""} ${maximizes(study) ? "↑" : "↓"}`}
        more={
          best === undefined ? (
            nothingYet(study)
          ) : (
            <a href={href(study.name, "trial", String(best.trial))}>
              trial {String(best.trial)} at {resource(best.resource, unit)}
            </a>
          )
        }
      >
        {metric(best?.value)}
      </Figure>
      <Figure
        name="trials"
        more={
          how === undefined ? (
            "no limit"
          ) : (
            <>
              {how.text}
              <Meter label="Progress" value={how.value} most={how.most} />
            </>
          )
        }
      >
        {count(counts?.created)}
      </Figure>
      <Figure
        name="running"
        more={`${count(counts?.queued)} queued, ${count(counts?.paused)} paused`}
      >
        {count(counts?.running)}
      </Figure>
      <Figure
        name="ended"
        more={`${count(counts?.completed)} completed, ${count(counts?.stopped)} stopped early`}
      >
        {count(
          Number(counts?.completed ?? 0n) +
            Number(counts?.stopped ?? 0n) +
            Number(counts?.cancelled ?? 0n) +
            wrong,
        )}
      </Figure>
      <Figure
        name="went wrong"
        more={`${count(counts?.failed)} failed, ${count(counts?.lostLeases)} leases lost`}
      >
        {count(wrong)}
      </Figure>
      <Figure name="spent" more={began === undefined ? "" : `created ${ago(began)}`}>
        {resource(study.totalResource, unit)}
      </Figure>
    </dl>
  );
}

/** What defines the search, for those who did not write it. */
function nothingYet({ spec }: Study): string {
  return spec?.outcomeConstraints.length === 0 ? "nothing reported yet" : "nothing feasible yet";
}

function Spec({ study }: { study: Study }) {
  const { spec } = study;
  if (spec === undefined) return null;
  const lease = seconds(spec.lease?.duration);
  const words = [
    spec.algorithm.case ?? "",
    `to ${resource(spec.maxResource, spec.resource)}`,
    `seed ${String(spec.seed ?? "")}`,
    lease === undefined ? "" : lease === 0 ? "leases never expire" : `lease ${span(lease)}`,
    ...spec.outcomeConstraints,
  ];
  return <p class="muted">{words.filter((word) => word !== "").join(" · ")}</p>;
}

function view(model: StudyModel, study: Study): ComponentChildren {
  const { view: name, rest } = route.value;
  switch (name) {
    case "":
      return <Overview model={model} study={study} />;
    case "trials":
      return <Trials model={model} study={study} />;
    case "trial":
      return <TrialView key={rest} model={model} study={study} number={rest} />;
    case "best":
      return <Best model={model} study={study} />;
    case "params":
      return <Params model={model} study={study} />;
    case "workers":
      return <Timeline model={model} study={study} />;
    case "replay":
      return <Replay study={study} />;
    default:
      return (
        <Empty title={`There is no view “${name}”`}>
          <a href={href(study.name)}>Back to the study</a>
        </Empty>
      );
  }
}

export function StudyView({ model }: { model: StudyModel }) {
  const study = model.study.value;
  const { view: now } = route.value;
  if (study === undefined) {
    if (model.refused.value === undefined) return <Loading height={400} />;
    return (
      <Empty title={model.name}>
        <Refused text={model.refused.value} />
        <a href={href("")}>All studies</a>
      </Empty>
    );
  }
  const bestParams = study.best?.params.map((p) => `${p.name} ${cell(plain(p.value))}`).join(", ");
  return (
    <>
      <div class="head">
        <h1>{study.name}</h1>
        <Badge {...studyState(study)} />
        {study.reason !== "" && <span class="muted">{reason(study.reason)}</span>}
        <Labels labels={study.labels} to={(label) => href("", "", "", { label })} />
        <Steering model={model} study={study} />
        <EditRemarks model={model} study={study} />
      </div>
      <Spec study={study} />
      {model.quotas.value.map((use) => (
        <p key={`${use.scope} ${use.name}`} class="muted">
          {quotaText(use, study.name)}
        </p>
      ))}
      <Note text={study.note} />
      <Refused text={model.refused.value} />
      <Figures study={study} />
      {now === "best" && bestParams !== undefined && <p class="hidden">Best: {bestParams}</p>}
      <nav class="tabs" aria-label="Views of the study">
        {TABS.map(([path, title]) => {
          const here = now === path || (path === "trials" && now === "trial");
          return (
            <a key={path} href={href(study.name, path)} aria-current={here ? "page" : undefined}>
              {title}
            </a>
          );
        })}
      </nav>
      {view(model, study)}
    </>
  );
}
