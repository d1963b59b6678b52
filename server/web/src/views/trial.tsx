/** A trial's page: its configuration, all its metrics, attempts, checkpoints, times, and why. */
import { api, PATIENCE } from "../api/client";
import { useAsk } from "../api/ask";
import type { StudyModel } from "../api/model";
import { plain } from "../api/columns";
import { line, Plot, room } from "../charts/plot";
import {
  type Attempt as Given,
  type StoredReport,
  type Study,
  type Trial,
  TrialState,
} from "../gen/ashad_pb";
import { colour, fate } from "../parts/fate";
import {
  cell,
  clock,
  count,
  metric,
  moment,
  reason,
  resource,
  seconds,
  span,
} from "../parts/format";
import { href, route, setQuery } from "../parts/route";
import { Empty, Figure, Loading, Refused, Section, State } from "../parts/ui";
import { CancelTrial } from "./steering";
import { Lineage } from "./lineage";
import { EditRemarks, Labels, Note } from "./remarks";
import { Reasons, useExplanation } from "./why";

/** Reports that are looked at for attempts and metrics: the first ones of a trial. */
const REPORTS = 1000;

interface Attempt {
  attempt: number;
  first: StoredReport;
  last: StoredReport;
  reports: number;
  checkpoint: string;
}

function attempts(reports: readonly StoredReport[]): Attempt[] {
  const found: Attempt[] = [];
  for (const report of reports) {
    const now = found.at(-1);
    if (now?.attempt === report.attempt) {
      now.last = report;
      now.reports++;
      if (report.checkpointUri !== "") now.checkpoint = report.checkpointUri;
    } else {
      found.push({
        attempt: report.attempt,
        first: report,
        last: report,
        reports: 1,
        checkpoint: report.checkpointUri,
      });
    }
  }
  return found;
}

function Curve({ model, study, trial }: { model: StudyModel; study: Study; trial: Trial }) {
  const name = route.value.query.get("metric") ?? "";
  const asked = useAsk(
    (signal) =>
      api.sampleCurves(
        { study: study.name, trials: [trial.trial], maxCurves: 1, metric: name },
        { ...PATIENCE, signal },
      ),
    `${study.name} ${trial.trial} ${name}`,
    model.seq,
  );
  const curve = asked.value?.curves.find((c) => c.trial === trial.trial);
  if (asked.value === undefined) return <Loading height={260} />;
  if (curve === undefined || curve.values.length === 0) {
    return (
      <>
        <Refused text={asked.refused} />
        <Empty title="Nothing reported yet" />
      </>
    );
  }
  const xs = curve.resources.map(Number);
  const finite = curve.values.filter((v) => Number.isFinite(v));
  const [low, high] = room(Math.min(...finite), Math.max(...finite));
  const shown = name === "" ? (study.spec?.metric ?? "") : name;
  return (
    <>
      <Refused text={asked.refused} />
      <Plot
        title={`${shown} of trial ${trial.trial}: ${curve.values.length} points, the last ${metric(curve.values.at(-1))}`}
        x={{ label: study.spec?.resource ?? "", low: 0, high: Math.max(1, ...xs), whole: true }}
        y={{ label: shown, low, high }}
        height={260}
        paint={(p) => {
          const { context } = p;
          context.strokeStyle = context.fillStyle = colour(fate(trial.state).colour);
          context.lineWidth = 1.6 * p.ratio;
          context.lineJoin = "round";
          context.beginPath();
          line(p, xs, curve.values);
          context.stroke();
          if (xs.length > 60) return;
          for (const [index, x] of xs.entries()) {
            const y = curve.values[index] ?? NaN;
            if (!Number.isFinite(y)) continue;
            context.beginPath();
            context.arc(p.x(x), p.y(y), 2 * p.ratio, 0, 7);
            context.fill();
          }
        }}
      />
    </>
  );
}

function AttemptRows(props: {
  number: number;
  given: Given | undefined;
  found: Attempt | undefined;
}) {
  const { given, found } = props;
  const none = <span class="muted">–</span>;
  return (
    <>
      <tr>
        <th scope="row">{props.number}</th>
        <td class="text" title={given?.worker}>
          {given?.worker ?? none}
        </td>
        <td>{count(found?.reports ?? 0)}</td>
        <td>{found === undefined ? none : count(found.first.resource)}</td>
        <td>{found === undefined ? none : count(found.last.resource)}</td>
        <td>{found === undefined ? none : moment(seconds(found.first.time))}</td>
        <td>{found === undefined ? none : clock(seconds(found.last.time) ?? 0)}</td>
        <td class="text" title={found?.checkpoint}>
          {(found?.checkpoint ?? "") === "" ? none : <code>{found?.checkpoint}</code>}
        </td>
      </tr>
      {given !== undefined && given.attributes.length > 0 && (
        <tr class="told">
          <td />
          <td colSpan={7}>
            {given.attributes.map((one) => (
              <span key={one.name}>
                <small>{one.name}</small> {one.value}
              </span>
            ))}
          </td>
        </tr>
      )}
    </>
  );
}

/** Who got each attempt, and what it told of where it runs. */
function Attempts(props: { reports: readonly StoredReport[]; given: readonly Given[] }) {
  const told = new Map(props.given.map((one) => [one.attempt, one]));
  const reported = new Map(attempts(props.reports).map((one) => [one.attempt, one]));
  const found = [...new Set([...told.keys(), ...reported.keys()])].sort((a, b) => a - b);
  if (found.length === 0) return <p class="muted">No worker has had it yet.</p>;
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label="Attempts, scrolls sideways">
      <table class="rows">
        <thead>
          <tr>
            <th scope="col">attempt</th>
            <th scope="col">worker</th>
            <th scope="col">reports</th>
            <th scope="col">from</th>
            <th scope="col">to</th>
            <th scope="col">first report</th>
            <th scope="col">last report</th>
            <th scope="col">latest checkpoint</th>
          </tr>
        </thead>
        <tbody>
          {found.map((number) => (
            <AttemptRows
              key={number}
              number={number}
              given={told.get(number)}
              found={reported.get(number)}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function TrialView(props: { model: StudyModel; study: Study; number: string }) {
  const { model, study, number } = props;
  const valid = /^\d{1,18}$/.test(number);
  const asked = useExplanation(model, valid ? number : "0");
  const told = useAsk(
    (signal) =>
      api.listReports(
        { study: study.name, trial: BigInt(valid ? number : "0"), pageSize: REPORTS },
        { ...PATIENCE, signal },
      ),
    `${study.name} ${number}`,
    model.seq,
  );
  const who = useAsk(
    (signal) =>
      api.getTrial(
        { study: study.name, trial: BigInt(valid ? number : "0") },
        { ...PATIENCE, signal },
      ),
    `${study.name} ${number}`,
    model.seq,
  );
  const trial = asked.value?.trial;
  if (!valid || (trial === undefined && asked.refused !== undefined)) {
    return (
      <Empty title={`Trial ${number}`}>
        <Refused text={valid ? asked.refused : `“${number}” is no number of a trial`} />
        <a href={href(study.name, "trials")}>All trials</a>
      </Empty>
    );
  }
  if (trial === undefined) return <Loading height={400} />;
  const unit = study.spec?.resource ?? "";
  const reports = told.value?.reports ?? [];
  const names = [...new Set(reports.flatMap((r) => r.metrics.map((m) => m.name)))];
  const ends = ![TrialState.RUNNING, TrialState.QUEUED, TrialState.PAUSED].includes(trial.state);
  return (
    <>
      <div class="head">
        <h2>Trial {count(trial.trial)}</h2>
        <State state={trial.state} />
        <span class="muted">{reason(trial.reason)}</span>
        <Labels
          labels={trial.labels}
          to={(label) =>
            /[\s*]/.test(label)
              ? undefined
              : href(study.name, "trials", "", { where: `labels=${label}` })
          }
        />
        <span class="actions">
          {!ends && <CancelTrial model={model} study={study} trial={trial} />}
          <EditRemarks model={model} study={study} trial={trial} />
        </span>
      </div>
      <Note text={trial.note} />
      {trial.message !== "" && <p class="refused">{trial.message}</p>}
      <dl class="strip">
        <Figure name={`best ${study.spec?.metric ?? ""}`} more={`latest ${metric(trial.value)}`}>
          {metric(trial.bestValue)}
        </Figure>
        <Figure name="trained" more={`of ${resource(study.spec?.maxResource ?? 0n, unit)}`}>
          {resource(trial.resource, unit)}
        </Figure>
        <Figure name="attempts" more={`${count(trial.lostLeases)} leases lost`}>
          {count(trial.attempt)}
        </Figure>
        <Figure name="worker" more={`time of workers ${span(seconds(trial.workerTime))}`}>
          <span class="small">{trial.worker === "" ? "–" : trial.worker}</span>
        </Figure>
        <Figure name="created" more={`changed ${moment(seconds(trial.updateTime))}`}>
          <span class="small">{moment(seconds(trial.createTime))}</span>
        </Figure>
      </dl>
      <div class="two">
        <Section
          title="Metrics"
          tools={
            names.length > 0 && (
              <select
                aria-label="Metric"
                value={route.value.query.get("metric") ?? ""}
                onChange={(event) => {
                  setQuery({ metric: event.currentTarget.value });
                }}
              >
                <option value="">{study.spec?.metric}</option>
                {names.map((name) => (
                  <option key={name} value={name}>
                    {name}
                  </option>
                ))}
              </select>
            )
          }
        >
          <Curve model={model} study={study} trial={trial} />
        </Section>
        <Section title="Why">
          <Reasons explanations={asked.value?.explanations ?? []} study={study} trial={trial} />
        </Section>
        <Section title="Configuration" note={trial.origin}>
          <table class="facts">
            <caption class="hidden">Its parameters</caption>
            <tbody>
              {trial.params.map((param) => (
                <tr key={param.name}>
                  <th scope="row">{param.name}</th>
                  <td>{cell(plain(param.value))}</td>
                </tr>
              ))}
              <tr>
                <th scope="row">bracket</th>
                <td>{trial.bracket}</td>
              </tr>
              {trial.checkpointUri !== "" && (
                <tr>
                  <th scope="row">checkpoint</th>
                  <td>
                    <code>{trial.checkpointUri}</code>
                  </td>
                </tr>
              )}
            </tbody>
          </table>
        </Section>
        {trial.donorTrial !== undefined && <Lineage model={model} study={study} trial={trial} />}
        <Section
          title="Attempts"
          note={
            (told.value?.nextPageToken ?? "") === "" ? "" : `the first ${count(REPORTS)} reports`
          }
        >
          <Refused text={told.refused} />
          <Attempts reports={reports} given={who.value?.attempts ?? []} />
        </Section>
      </div>
    </>
  );
}
