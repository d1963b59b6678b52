/** Where a trial of a population comes from: its donors up to the founder, as the schedule that led to it. */
import { api, PATIENCE } from "../api/client";
import { useAsk } from "../api/ask";
import type { StudyModel } from "../api/model";
import { plain } from "../api/columns";
import type { Study, Trial } from "../gen/ashad_pb";
import { cell, count, metric } from "../parts/format";
import { href } from "../parts/route";
import { Loading, Refused, Section } from "../parts/ui";

/** Donors that are looked up, the nearest ones: each is a call. */
const MOST = 100;

async function ancestors(study: string, trial: Trial, signal: AbortSignal): Promise<Trial[]> {
  const found = [trial];
  let donor = trial.donorTrial;
  while (donor !== undefined && found.length <= MOST) {
    const answer = await api.getTrial({ study, trial: donor }, { ...PATIENCE, signal });
    if (answer.trial === undefined) break;
    found.unshift(answer.trial);
    donor = answer.trial.donorTrial;
  }
  return found;
}

export function Lineage(props: { model: StudyModel; study: Study; trial: Trial }) {
  const { model, study, trial } = props;
  // Donors have ended or go on as they are; this trial alone may change what is shown.
  const asked = useAsk(
    (signal) => ancestors(study.name, trial, signal),
    `${study.name} ${trial.trial}`,
    model.seq,
  );
  const found = asked.value;
  if (found === undefined) return <Loading height={120} />;
  const last = trial.resource > trial.donorResource ? trial.resource : trial.donorResource;
  const rows = found
    .map((one, index) => ({ one, end: found[index + 1]?.donorResource ?? last }))
    .filter(({ one, end }) => end > one.donorResource || one === found.at(-1));
  const names = trial.params.map((param) => param.name);
  const before = found[0]?.donorTrial;
  return (
    <Section
      title="Schedule"
      note={before === undefined ? "what led here" : `the last ${count(MOST)} donors`}
    >
      <Refused text={asked.refused} />
      <div class="scroll" tabIndex={0} role="group" aria-label="Schedule, scrolls sideways">
        <table class="rows lineage">
          <thead>
            <tr>
              <th scope="col">trial</th>
              <th scope="col">from</th>
              <th scope="col">to</th>
              {names.map((name) => (
                <th scope="col" key={name}>
                  {name}
                </th>
              ))}
              <th scope="col">best {study.spec?.metric}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ one, end }) => (
              <tr key={String(one.trial)}>
                <th scope="row">
                  <a href={href(study.name, "trial", String(one.trial))}>{count(one.trial)}</a>
                </th>
                <td>{count(one.donorResource)}</td>
                <td>{count(end)}</td>
                {names.map((name) => {
                  const value = one.params.find((param) => param.name === name)?.value;
                  return <td key={name}>{value === undefined ? "–" : cell(plain(value))}</td>;
                })}
                <td>{metric(one.bestValue)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}
