/** What the parameters do: parallel coordinates, one scatter for each, and how much each counts. */
import { useState } from "preact/hooks";
import { api, PATIENCE } from "../api/client";
import { useAsk } from "../api/ask";
import type { StudyModel } from "../api/model";
import { Table } from "../api/columns";
import { type Axis, axisOf, column } from "../charts/axes";
import { extent } from "../charts/curves";
import { Parallel, passes } from "../charts/parallel";
import { nearest, Plot, room } from "../charts/plot";
import type { Study } from "../gen/ashad_pb";
import { colour, maximizes } from "../parts/fate";
import { cell, count, metric, resource } from "../parts/format";
import { href, route, setQuery } from "../parts/route";
import { Choice, Empty, Loading, Refused, Section, State } from "../parts/ui";
import { condition } from "./trials";

/** Trials that are drawn: the best, and of the others a fair sample. */
const BEST = 400;
const SAMPLE = 1200;
/** Parameters that are asked for, and those that get an axis and a plot at first. */
const ASKED = 60;
const AXES = 9;
const PLOTS = 9;

function Versions({ study }: { study: Study }) {
  const changed = study.spaceVersions.slice(1);
  if (changed.length === 0) return null;
  return (
    <Section
      title="Versions of the space"
      note="a trial belongs to that of its number; the plots have what the latest one holds"
    >
      <ul>
        {changed.map((made) => (
          <li key={made.version}>
            version {made.version}, from trial {String(made.firstTrial)} on:{" "}
            {made.changes.join("; ")}
          </li>
        ))}
      </ul>
    </Section>
  );
}

function useTrials(model: StudyModel, study: Study, axes: readonly Axis[]) {
  return useAsk(
    async (signal) => {
      const columns = ["trial", "state", "best_value", "resource", ...axes.map((a) => a.column)];
      const options = { ...PATIENCE, signal };
      const filters = [{ column: "best_value", missing: false }];
      const request = { study: study.name, columns, filters };
      const pages = await Promise.all([
        api.queryTrials(
          { ...request, orderBy: "best_value", descending: maximizes(study), pageSize: BEST },
          options,
        ),
        api.queryTrials({ ...request, orderBy: "sample", pageSize: SAMPLE }, options),
      ]);
      return pages.map((page) => new Table(page));
    },
    `${study.name} ${axes.map((a) => a.column).join()}`,
    model.seq,
  );
}

interface Rows {
  trials: number[];
  states: number[];
  values: number[];
  resources: number[];
  ranks: number[];
  of: Map<string, number[]>;
}

function rowsOf(tables: readonly Table[], axes: readonly Axis[], maximize: boolean): Rows {
  const rows: Rows = {
    trials: [],
    states: [],
    values: [],
    resources: [],
    ranks: [],
    of: new Map(),
  };
  const seen = new Set<number>();
  const keep: [Table, number][] = [];
  for (const table of tables) {
    for (let row = 0; row < table.rows; row++) {
      const trial = table.number("trial", row) ?? -1;
      if (seen.has(trial)) continue;
      seen.add(trial);
      keep.push([table, row]);
      rows.trials.push(trial);
      rows.states.push(table.number("state", row) ?? 0);
      rows.values.push(table.number("best_value", row) ?? NaN);
      rows.resources.push(table.number("resource", row) ?? 0);
    }
  }
  for (const axis of axes) {
    const whole = new Map(tables.map((table) => [table, column(axis, table)]));
    rows.of.set(
      axis.column,
      keep.map(([table, row]) => whole.get(table)?.[row] ?? NaN),
    );
  }
  const order = [...rows.values.keys()].sort((a, b) => {
    const [x, y] = [rows.values[a] ?? NaN, rows.values[b] ?? NaN];
    return maximize ? y - x : x - y;
  });
  rows.ranks = new Array<number>(order.length).fill(NaN);
  for (const [rank, row] of order.entries()) rows.ranks[row] = rank / Math.max(1, order.length);
  return rows;
}

function Scatter(props: { axis: Axis; rows: Rows; study: Study; log: boolean }) {
  const [hovered, setHovered] = useState<number>();
  const { axis, rows, study } = props;
  const xs = (rows.of.get(axis.column) ?? []).map((x, row) =>
    // Choices stand side by side; a trial's number spreads those of one choice.
    axis.names === undefined ? x : x + ((((rows.trials[row] ?? 0) * 0.618) % 1) - 0.5) * 0.6,
  );
  const log = props.log && rows.values.every((v) => !(v <= 0));
  const [low, high] = room(...extent(rows.values, maximizes(study)), log);
  const [left, right] =
    axis.names === undefined ? room(axis.low, axis.high, axis.log) : [axis.low, axis.high];
  const name = study.spec?.metric ?? "";
  return (
    <figure class="scatter">
      <Plot
        title={`${name} over ${axis.title}, ${xs.length} trials`}
        x={{
          label: axis.title,
          low: left,
          high: right,
          log: axis.log,
          ...(axis.names === undefined ? {} : { names: axis.names }),
        }}
        y={{ label: name, low, high, log }}
        height={210}
        paint={(p) => {
          const { context } = p;
          const [best, plain, text] = [colour("--best"), colour("--running"), colour("--text")];
          const order = [...xs.keys()].reverse();
          for (const row of order) {
            const top = (rows.ranks[row] ?? 1) <= 0.05;
            context.fillStyle = top ? best : plain;
            context.globalAlpha = top ? 0.95 : xs.length > 400 ? 0.35 : 0.55;
            context.beginPath();
            context.arc(
              p.x(xs[row] ?? 0),
              p.y(rows.values[row] ?? 0),
              (top ? 3 : 2.2) * p.ratio,
              0,
              7,
            );
            context.fill();
          }
          context.globalAlpha = 1;
          if (hovered === undefined) return;
          context.strokeStyle = text;
          context.lineWidth = 2 * p.ratio;
          context.beginPath();
          context.arc(p.x(xs[hovered] ?? 0), p.y(rows.values[hovered] ?? 0), 5 * p.ratio, 0, 7);
          context.stroke();
        }}
        find={(p, x, y) =>
          nearest(
            p,
            xs.map((px, row) => [row, px, rows.values[row] ?? NaN] as const),
            x,
            y,
            12,
          )
        }
        onHover={setHovered}
        onPick={(row) => {
          location.hash = href(study.name, "trial", String(rows.trials[row]));
        }}
      />
      <figcaption class="readout" aria-hidden="true">
        {hovered !== undefined && (
          <>
            <b>trial {rows.trials[hovered]}</b> <State state={rows.states[hovered]} />
            <span class="figures">{metric(rows.values[hovered])}</span>
            <span>
              {cell(axis.names?.[rows.of.get(axis.column)?.[hovered] ?? -1] ?? xs[hovered])}
            </span>
          </>
        )}
      </figcaption>
    </figure>
  );
}

function Importance({ model, study }: { model: StudyModel; study: Study }) {
  const asked = useAsk(
    (signal) => api.getParameterImportance({ study: study.name }, { ...PATIENCE, signal }),
    study.name,
    model.seq,
  );
  const found = asked.value;
  return (
    <Section
      title="Importance"
      note={
        found !== undefined && found.parameters.length > 0
          ? `the best ${count(found.bestTrials)} of ${count(found.trials)} trials at ${resource(found.level, study.spec?.resource ?? "")}`
          : ""
      }
    >
      <Refused text={asked.refused} />
      {found === undefined && asked.refused === undefined && <Loading height={120} />}
      {found?.parameters.length === 0 && (
        <p class="muted">
          Too few trials have reached a rung to tell: ten, and two for each parameter.
        </p>
      )}
      {found !== undefined && found.parameters.length > 0 && (
        <>
          <table class="bars">
            <caption class="hidden">Share of each parameter</caption>
            <tbody>
              {found.parameters.slice(0, 20).map((p) => (
                <tr key={p.name}>
                  <th scope="row">{p.name}</th>
                  <td class="wide">
                    <span class="fill" style={{ width: `${(100 * p.importance).toFixed(1)}%` }} />
                  </td>
                  <td class="num">{(100 * p.importance).toFixed(1)} %</td>
                </tr>
              ))}
            </tbody>
          </table>
          <p class="note">
            How far the values of the best are spread otherwise than those of all (PED-ANOVA, arXiv
            2304.10255).
          </p>
        </>
      )}
    </Section>
  );
}

/** Brushed ranges, in the address as `lr=0.001..0.1`. */
function rangesOf(
  query: URLSearchParams,
  axes: readonly Axis[],
): Map<string, readonly [number, number]> {
  const found = new Map<string, readonly [number, number]>();
  for (const axis of axes) {
    const match = /^(.+)\.\.(.+)$/.exec(query.get(`in.${axis.title}`) ?? "");
    const [low, high] = [Number(match?.[1]), Number(match?.[2])];
    if (match !== null && !Number.isNaN(low) && !Number.isNaN(high))
      found.set(axis.column, [low, high]);
  }
  return found;
}

/** The same as filters of the table of trials. */
function where(
  ranges: ReadonlyMap<string, readonly [number, number]>,
  axes: readonly Axis[],
  study: Study,
): string {
  return axes
    .flatMap((axis) => {
      const range = ranges.get(axis.column);
      if (range === undefined) return [];
      if (axis.names === undefined) return [condition(axis.column, range[0], range[1], study.spec)];
      const inside = axis.names.filter((_, index) => index >= range[0] && index <= range[1]);
      return inside.length > 0 ? [`${axis.title}=${inside.join(",")}`] : [];
    })
    .join(" ");
}

export function Params({ model, study }: { model: StudyModel; study: Study }) {
  const { query } = route.value;
  const [more, setMore] = useState(false);
  const space = (study.spec?.space ?? []).filter((p) => p.kind.case !== "constant").slice(0, ASKED);
  const axes = space.map(axisOf);
  const asked = useTrials(model, study, axes);
  const log = query.get("y") === "log";
  if (asked.value === undefined) {
    return asked.refused === undefined ? (
      <Loading height={420} />
    ) : (
      <Refused text={asked.refused} />
    );
  }
  const rows = rowsOf(asked.value, axes, maximizes(study));
  if (rows.trials.length === 0) return <Empty title="Nothing reported yet" />;
  const [low, high] = extent(rows.values, maximizes(study));
  const judged: Axis = {
    column: "best_value",
    title: study.spec?.metric ?? "value",
    low,
    high: high === low ? low + 1 : high,
    log: log && low > 0,
    names: undefined,
  };
  rows.of.set(
    judged.column,
    rows.values.map((v) => Math.min(Math.max(v, low), high)),
  );
  const shown = [...axes.slice(0, AXES), judged];
  const ranges = rangesOf(query, shown);
  const columns = shown.map((axis) => rows.of.get(axis.column) ?? []);
  const through = rows.trials.filter((_, row) =>
    passes({ axes: shown, columns, ranges }, row),
  ).length;
  const created = Number(study.counts?.created ?? 0n);
  return (
    <>
      <Section
        title="Parallel coordinates"
        note={
          created > rows.trials.length
            ? `the best ${count(Math.min(BEST, created))} and a fair sample, ${count(rows.trials.length)} trials in all`
            : `${count(rows.trials.length)} trials`
        }
        tools={
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
        }
      >
        <Refused text={asked.refused} />
        <Parallel
          axes={shown}
          columns={columns}
          ranks={rows.ranks}
          ranges={ranges}
          picked={undefined}
          height={330}
          onRange={(axis, range) => {
            const text =
              range === undefined ? "" : range.map((v) => Number(v.toPrecision(4))).join("..");
            setQuery({ [`in.${axis.title}`]: text });
          }}
        />
        <p class="readout">
          <span>
            <i class="swatch" style={{ background: "var(--best)" }} /> the best 5 %
          </span>
          {ranges.size === 0 ? (
            <span class="muted">
              Drag along an axis to keep the trials that pass through there.
            </span>
          ) : (
            <>
              <b>{count(through)} trials pass</b>
              <a href={href(study.name, "trials", "", { where: where(ranges, shown, study) })}>
                all such trials as a table
              </a>
              <button
                type="button"
                class="quiet"
                onClick={() => {
                  setQuery(
                    Object.fromEntries(shown.map((axis) => [`in.${axis.title}`, undefined])),
                  );
                }}
              >
                clear
              </button>
            </>
          )}
        </p>
        <details>
          <summary class="muted">Ranges by hand</summary>
          <div class="small-plots">
            {shown.map((axis) => (
              <label key={axis.column}>
                {axis.title}
                {axis.names !== undefined && (
                  <small>
                    {" "}
                    {axis.names.join(", ")} are 0 to {axis.names.length - 1}
                  </small>
                )}
                <br />
                <input
                  placeholder={`${cell(axis.low)}..${cell(axis.high)}`}
                  value={query.get(`in.${axis.title}`) ?? ""}
                  onChange={(event) => {
                    setQuery({ [`in.${axis.title}`]: event.currentTarget.value.trim() });
                  }}
                />
              </label>
            ))}
          </div>
        </details>
      </Section>
      <Importance model={model} study={study} />
      <Versions study={study} />
      <Section
        title="Each parameter"
        note={`${study.spec?.metric ?? ""} over its values; a click opens the trial`}
      >
        <div class="small-plots">
          {axes.slice(0, more ? ASKED : PLOTS).map((axis) => (
            <Scatter key={axis.column} axis={axis} rows={rows} study={study} log={log} />
          ))}
        </div>
        {axes.length > PLOTS && !more && (
          <button
            type="button"
            onClick={() => {
              setMore(true);
            }}
          >
            Show all {axes.length}
          </button>
        )}
      </Section>
    </>
  );
}
