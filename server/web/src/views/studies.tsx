/** All studies: state, best, progress. */
import { useEffect, useState } from "preact/hooks";
import { api, PATIENCE, refusal, steers } from "../api/client";
import type { Study } from "../gen/ashad_pb";
import { studyState } from "../parts/fate";
import { ago, count, metric, reason, resource, seconds, short } from "../parts/format";
import { href, route, setQuery } from "../parts/route";
import { Badge, Command, Empty, Loading, Meter, Refused, Section } from "../parts/ui";
import { CreateStudy } from "./create";
import { Labels } from "./remarks";

/** Milliseconds between two looks at the list, and so many times as long as one took. */
const EVERY = 3000;
const SHARE = 20;
const PAGE = 100;
/** More are found by the command line. */
const MOST = 1000;

async function list(pages: number, labels: string[]): Promise<{ studies: Study[]; more: boolean }> {
  const studies: Study[] = [];
  let pageToken = "";
  for (let page = 0; page < pages; page++) {
    const answer = await api.listStudies({ pageSize: PAGE, pageToken, labels }, PATIENCE);
    studies.push(...answer.studies);
    pageToken = answer.nextPageToken;
    if (pageToken === "") break;
  }
  return { studies, more: pageToken !== "" };
}

/** How far a study is, by the limit that is nearest. */
export function progress(study: Study): { value: number; most: number; text: string } | undefined {
  const limits = study.spec?.limits;
  const made = Number(study.counts?.created ?? 0n);
  const found: { value: number; most: number; text: string }[] = [];
  if (limits?.maxTrials !== undefined) {
    const most = Number(limits.maxTrials);
    const value = Math.min(most, made - Number(study.counts?.infeasible ?? 0n));
    found.push({ value, most, text: `${count(value)} of ${count(most)} trials` });
  }
  if (limits?.maxTotalResource !== undefined) {
    const most = Number(limits.maxTotalResource);
    const value = Number(study.totalResource);
    found.push({
      value,
      most,
      text: `${short(value)} of ${short(most)} ${study.spec?.resource ?? ""}s`,
    });
  }
  const began = seconds(study.createTime);
  const whole = seconds(limits?.maxDuration);
  if (began !== undefined && whole !== undefined) {
    const value = Math.min(whole, Date.now() / 1000 - began);
    found.push({ value, most: whole, text: `${Math.floor((100 * value) / whole)} % of the time` });
  }
  return found.sort((a, b) => b.value / b.most - a.value / a.most)[0];
}

function Row(props: { study: Study; chosen: boolean; onChoose: (on: boolean) => void }) {
  const { study } = props;
  const state = studyState(study);
  const how = progress(study);
  const running = study.counts?.running ?? 0n;
  return (
    <tr>
      <td>
        <input
          type="checkbox"
          aria-label={`Compare ${study.name}`}
          checked={props.chosen}
          onChange={(event) => {
            props.onChoose(event.currentTarget.checked);
          }}
        />
      </td>
      <th scope="row">
        <a href={href(study.name)}>
          <b>{study.name}</b>
        </a>
        <Labels labels={study.labels} to={(label) => href("", "", "", { label })} />
      </th>
      <td>
        <Badge {...state} />
        {study.reason !== "" && <small> {reason(study.reason)}</small>}
      </td>
      <td class="num">
        {study.best === undefined ? (
          <span class="muted">–</span>
        ) : (
          <a
            href={href(study.name, "trial", String(study.best.trial))}
            title={`trial ${study.best.trial}`}
          >
            <b>{metric(study.best.value)}</b>
          </a>
        )}
      </td>
      <td class="muted">{study.spec?.metric}</td>
      <td>
        {how === undefined ? (
          `${count(study.counts?.created)} trials`
        ) : (
          <>
            <small>{how.text}</small>
            <Meter label={`Progress of ${study.name}`} value={how.value} most={how.most} />
          </>
        )}
      </td>
      <td class="num">{running > 0n ? count(running) : <span class="muted">–</span>}</td>
      <td class="num">{resource(study.totalResource, study.spec?.resource ?? "")}</td>
      <td class="num muted">{ago(seconds(study.createTime))}</td>
    </tr>
  );
}

export function Studies() {
  const [pages, setPages] = useState(1);
  const [found, setFound] = useState<{ studies: Study[]; more: boolean }>();
  const [refused, setRefused] = useState<string>();
  const [creating, setCreating] = useState(false);
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const search = route.value.query.get("find") ?? "";
  const label = route.value.query.get("label") ?? "";
  useEffect(() => {
    let ended = false;
    let timer: number | undefined;
    const look = async (): Promise<void> => {
      const began = performance.now();
      try {
        if (!document.hidden || found === undefined) {
          const answer = await list(pages, label === "" ? [] : [label]);
          if (ended) return;
          setFound(answer);
          setRefused(undefined);
        }
      } catch (error) {
        if (ended) return;
        setRefused(refusal(error));
      }
      timer = window.setTimeout(
        () => void look(),
        Math.max(EVERY, SHARE * (performance.now() - began)),
      );
    };
    void look();
    return () => {
      ended = true;
      clearTimeout(timer);
    };
  }, [pages, label]);

  const shown = found?.studies.filter((s) => s.name.toLowerCase().includes(search.toLowerCase()));
  const many = (found?.studies.length ?? 0) > 8 || search !== "";
  return (
    <>
      <h1 class="hidden">Studies</h1>
      <Section
        title="Studies"
        note={found && `${count(found.studies.length)}${found.more ? "+" : ""}`}
        tools={
          <>
            {many && (
              <input
                type="search"
                placeholder="find by name"
                aria-label="Find by name"
                value={search}
                onInput={(event) => {
                  setQuery({ find: event.currentTarget.value });
                }}
              />
            )}
            {chosen.length > 1 && (
              <a class="button" href={href("~compare", "", "", { studies: chosen.join(",") })}>
                Compare {chosen.length}
              </a>
            )}
            {steers() && (
              <button
                type="button"
                onClick={() => {
                  setCreating(true);
                }}
              >
                New study
              </button>
            )}
          </>
        }
      >
        {creating && (
          <CreateStudy
            onClose={() => {
              setCreating(false);
            }}
          />
        )}
        <Refused text={refused} />
        {shown === undefined && refused === undefined && <Loading height={160} />}
        {label !== "" && (
          <p class="muted">
            Those with the label <b>{label}</b>. <a href={href("")}>All studies</a>
          </p>
        )}
        {found?.studies.length === 0 && label === "" && (
          <Empty title="No study yet">
            <p>A study is a file. Make one with</p>
            <Command text="ashad study create -f study.toml" />
          </Empty>
        )}
        {found !== undefined && found.studies.length > 0 && shown?.length === 0 && (
          <Empty title={`No study has “${search}” in its name`} />
        )}
        {shown !== undefined && shown.length > 0 && (
          <div class="scroll">
            <table class="rows studies">
              <thead>
                <tr>
                  <th scope="col">
                    <span class="hidden">compare</span>
                  </th>
                  <th scope="col">study</th>
                  <th scope="col">state</th>
                  <th scope="col" class="num">
                    best
                  </th>
                  <th scope="col">metric</th>
                  <th scope="col">progress</th>
                  <th scope="col" class="num">
                    running
                  </th>
                  <th scope="col" class="num">
                    spent
                  </th>
                  <th scope="col" class="num">
                    created
                  </th>
                </tr>
              </thead>
              <tbody>
                {shown.map((study) => (
                  <Row
                    key={study.name}
                    study={study}
                    chosen={chosen.includes(study.name)}
                    onChoose={(on) => {
                      setChosen(
                        on ? [...chosen, study.name] : chosen.filter((n) => n !== study.name),
                      );
                    }}
                  />
                ))}
              </tbody>
            </table>
          </div>
        )}
        {found?.more === true && found.studies.length < MOST && (
          <p class="pager">
            <button
              type="button"
              onClick={() => {
                setPages(pages + 1);
              }}
            >
              Show more
            </button>
          </p>
        )}
      </Section>
    </>
  );
}
