/** Trials as a table: those that pass a filter, in an order, page by page. */
import { useEffect, useRef, useState } from "preact/hooks";
import { api, PATIENCE } from "../api/client";
import { useAsk } from "../api/ask";
import type { StudyModel } from "../api/model";
import { Table } from "../api/columns";
import type { Study } from "../gen/ashad_pb";
import { fate, maximizes, stateOf, STATES } from "../parts/fate";
import { COLUMNS, columnOf, filters, isText, isUnordered, title } from "../parts/filter";
import { cell, count, metric, moment, reason, span } from "../parts/format";
import { href, route, setQuery } from "../parts/route";
import { Choice, Empty, Loading, Refused, Section, State } from "../parts/ui";

const PAGE = 100;
/** More parameters than these are chosen one by one. */
const AT_FIRST = 8;

function Content(props: { table: Table; column: string; row: number; study: string }) {
  const { table, column, row } = props;
  const value = table.cell(column, row);
  const number = table.number(column, row);
  if (value === undefined) return <span class="muted">–</span>;
  switch (column) {
    case "trial":
      return <a href={href(props.study, "trial", String(value))}>{count(number)}</a>;
    case "state":
      return <State state={number} />;
    case "reason":
      return <>{reason(String(value))}</>;
    case "value":
    case "best_value":
      return <>{metric(number)}</>;
    case "create_time":
    case "update_time":
      return <>{moment(number)}</>;
    case "worker_time":
      return <>{span(number)}</>;
    default:
      if (column.startsWith("metrics.")) return <>{metric(number)}</>;
      if (column.startsWith("params.") && typeof value === "number") return <>{cell(value)}</>;
      return <span title={String(value)}>{cell(value)}</span>;
  }
}

function Columns(props: {
  all: readonly string[];
  chosen: readonly string[];
  onChange: (next: string[]) => void;
}) {
  const [other, setOther] = useState("");
  return (
    <details class="columns">
      <summary>Columns</summary>
      <div>
        {props.all.map((column) => (
          <label key={column}>
            <input
              type="checkbox"
              checked={props.chosen.includes(column)}
              onChange={(event) => {
                props.onChange(
                  event.currentTarget.checked
                    ? [...props.chosen, column]
                    : props.chosen.filter((c) => c !== column),
                );
              }}
            />
            {title(column)}
          </label>
        ))}
        <form
          onSubmit={(event) => {
            event.preventDefault();
            const name = /^(metrics|attributes)\../.test(other) ? other : `metrics.${other}`;
            if (other !== "") props.onChange([...props.chosen, name]);
            setOther("");
          }}
        >
          <input
            placeholder="metric, attributes.host"
            aria-label="Add a column with another metric or an attribute"
            value={other}
            onInput={(event) => {
              setOther(event.currentTarget.value.trim());
            }}
          />
        </form>
      </div>
    </details>
  );
}

/** What stands in the address, as a query. */
function useQuestion(study: Study) {
  const { query } = route.value;
  const space = study.spec?.space ?? [];
  const order = query.get("order") ?? "";
  const descending = order.startsWith("-");
  const states = (query.get("state") ?? "").split(",").flatMap((name) => stateOf(name) ?? []);
  const where = query.get("where") ?? "";
  const { found, wrong } = filters(where, space);
  const params = space.map((p) => `params.${p.name}`);
  const usual = [
    "trial",
    "state",
    "reason",
    "rung",
    "resource",
    "value",
    "best_value",
    ...params.slice(0, AT_FIRST),
  ];
  const asked = query.get("columns");
  const columns = asked === null || asked === "" ? usual : asked.split(",").slice(0, 100);
  return {
    where,
    states,
    found,
    wrong,
    order: order.replace("-", ""),
    descending,
    columns,
    usual,
    space,
  };
}

export function Trials({ model, study }: { model: StudyModel; study: Study }) {
  const q = useQuestion(study);
  const [tokens, setTokens] = useState<readonly string[]>([]);
  const [typed, setTyped] = useState(q.where);
  const timer = useRef<number | undefined>(undefined);
  const question = JSON.stringify([q.where, q.states, q.order, q.descending]);
  const before = useRef(question);
  if (before.current !== question) {
    before.current = question;
    if (tokens.length > 0) setTokens([]);
  }
  useEffect(() => {
    setTyped(q.where);
  }, [q.where]);
  const token = tokens.at(-1) ?? "";
  const asked = useAsk(
    async (signal) => {
      const answer = await api.queryTrials(
        {
          study: study.name,
          columns: [...new Set(["trial", ...q.columns])],
          states: q.states,
          filters: q.wrong === undefined ? q.found : [],
          orderBy: q.order,
          descending: q.descending,
          pageSize: PAGE,
          pageToken: token,
        },
        { ...PATIENCE, signal },
      );
      return { table: new Table(answer), next: answer.nextPageToken, columns: answer.columns };
    },
    JSON.stringify([study.name, question, q.columns, token]),
    model.seq,
  );
  const table = asked.value?.table;
  const best = maximizes(study) ? "-best_value" : "best_value";
  const isNumber = (column: string): boolean =>
    column !== "state" &&
    !isText(column) &&
    study.spec?.space.find((p) => `params.${p.name}` === column)?.kind.case !== "categorical";

  const sort = (column: string): void => {
    const next =
      q.order !== column && !(column === "trial" && q.order === "")
        ? column
        : q.descending
          ? ""
          : `-${column}`;
    setQuery({ order: next === "trial" ? "" : next });
  };
  const type = (text: string): void => {
    setTyped(text);
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => {
      setQuery({ where: text.trim() });
    }, 120);
  };

  return (
    <Section
      title="Trials"
      note={`${count(study.counts?.created)} in all`}
      tools={
        <>
          <Choice
            label="Order"
            options={[
              ["", "by number"],
              [best, "best first"],
              ["-update_time", "latest first"],
            ]}
            value={`${q.descending ? "-" : ""}${q.order}`}
            onChange={(order) => {
              setQuery({ order });
            }}
          />
          <Columns
            all={[
              ...new Set([...COLUMNS, ...q.space.map((p) => `params.${p.name}`), ...q.columns]),
            ]}
            chosen={q.columns}
            onChange={(next) => {
              setQuery({ columns: next.join(",") === q.usual.join(",") ? "" : next.join(",") });
            }}
          />
        </>
      }
    >
      <div class="filter">
        <input
          type="search"
          list="column-names"
          aria-label="Filter"
          placeholder={`filter: ${q.space[0]?.name ?? "value"}<=0.01 resource>=9 worker~gpu message=*`}
          value={typed}
          onInput={(event) => {
            type(event.currentTarget.value);
          }}
        />
        <datalist id="column-names">
          {[...q.space.map((p) => p.name), ...COLUMNS].map((name) => (
            <option key={name} value={`${name}=`} />
          ))}
        </datalist>
        <span class="legend" role="group" aria-label="States">
          {STATES.map((state) => (
            <button
              key={state}
              type="button"
              aria-pressed={q.states.length === 0 || q.states.includes(state)}
              onClick={() => {
                const next = q.states.includes(state)
                  ? q.states.filter((s) => s !== state)
                  : [...q.states, state];
                setQuery({ state: next.map((s) => fate(s).name).join(",") });
              }}
            >
              <State state={state} />
            </button>
          ))}
        </span>
      </div>
      <Refused text={q.wrong ?? asked.refused} />
      {table === undefined && asked.refused === undefined && <Loading height={400} />}
      {table?.rows === 0 && (
        <Empty
          title={
            q.where !== "" || q.states.length > 0 ? "No trial passes this filter" : "No trial yet"
          }
        >
          {(q.where !== "" || q.states.length > 0) && (
            <button
              type="button"
              onClick={() => {
                setQuery({ where: "", state: "" });
              }}
            >
              Show all
            </button>
          )}
        </Empty>
      )}
      {table !== undefined && table.rows > 0 && (
        <div class="scroll" tabIndex={0} role="group" aria-label="Trials, scrolls sideways">
          <table class="rows trials">
            <thead>
              <tr>
                {q.columns.map((column) => {
                  const sorted = q.order === column || (q.order === "" && column === "trial");
                  const direction = q.descending ? "descending" : "ascending";
                  const fixed = isUnordered(column);
                  return (
                    <th
                      key={column}
                      scope="col"
                      class={isNumber(column) ? "num" : ""}
                      aria-sort={sorted ? direction : undefined}
                    >
                      {fixed ? (
                        title(column)
                      ) : (
                        <button
                          type="button"
                          class="sort"
                          onClick={() => {
                            sort(column);
                          }}
                        >
                          {title(column)}
                          {sorted && <span aria-hidden="true">{q.descending ? " ↓" : " ↑"}</span>}
                        </button>
                      )}
                    </th>
                  );
                })}
              </tr>
            </thead>
            <tbody>
              {Array.from({ length: table.rows }, (_, row) => (
                <tr key={String(table.cell("trial", row))}>
                  {q.columns.map((column) => (
                    <td key={column} class={isNumber(column) ? "num" : "text"}>
                      <Content table={table} column={column} row={row} study={study.name} />
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {(tokens.length > 0 || (asked.value?.next ?? "") !== "") && (
        <p class="pager">
          <button
            type="button"
            disabled={tokens.length === 0}
            onClick={() => {
              setTokens(tokens.slice(0, -1));
            }}
          >
            ← Before
          </button>
          <span class="muted">
            {count(tokens.length * PAGE + 1)} to {count(tokens.length * PAGE + (table?.rows ?? 0))}
          </span>
          <button
            type="button"
            disabled={(asked.value?.next ?? "") === ""}
            onClick={() => {
              setTokens([...tokens, asked.value?.next ?? ""]);
            }}
          >
            Next →
          </button>
        </p>
      )}
    </Section>
  );
}

/** The filter that says what a range of a column says. */
export function condition(column: string, low: number, high: number, space: Study["spec"]): string {
  const short = column.replace(/^params\./, "");
  const name = columnOf(short, space?.space ?? []) === column ? short : column;
  return `${name}>=${Number(low.toPrecision(4))} ${name}<=${Number(high.toPrecision(4))}`;
}
