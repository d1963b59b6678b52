/** The best so far of one or more studies, as steps. */
import { useState } from "preact/hooks";
import { colour } from "../parts/fate";
import { metric, moment, span } from "../parts/format";
import { nearest, Plot, room } from "./plot";

export interface Steps {
  name: string;
  colour: string;
  xs: number[];
  ys: number[];
  /** Where the last step still holds. */
  end: number;
  trials: bigint[];
}

export const INKS = ["--running", "--best", "--completed", "--paused", "--queued", "--failed"];

export function StepPlot(props: {
  lines: readonly Steps[];
  metricName: string;
  xLabel: string;
  xTime: "" | "moment" | "span";
  log: boolean;
  height: number;
  onPick?: (line: Steps, step: number) => void;
}) {
  const [hovered, setHovered] = useState<number>();
  const { lines, xTime } = props;
  const values = lines.flatMap((l) => l.ys);
  const log = props.log && values.every((v) => v > 0);
  const [low, high] = room(Math.min(...values), Math.max(...values), log);
  const ends = lines.map((l) => l.end);
  const from = xTime === "moment" ? Math.min(...lines.map((l) => l.xs[0] ?? l.end)) : 0;
  const to = Math.max(...ends, from + 1e-9);
  const all = lines.flatMap((l) => l.xs.map((x, step) => ({ l, step, x, y: l.ys[step] ?? NaN })));
  const told = hovered === undefined ? undefined : all[hovered];
  return (
    <>
      <Plot
        title={`Best ${props.metricName} so far over ${props.xLabel}, ${values.length} steps`}
        x={{ label: props.xLabel, low: from, high: to, time: xTime === "moment" }}
        y={{ label: props.metricName, low, high, log }}
        height={props.height}
        paint={(p) => {
          const { context } = p;
          for (const l of lines) {
            const ink = colour(l.colour);
            context.strokeStyle = context.fillStyle = ink;
            context.lineWidth = 1.8 * p.ratio;
            context.beginPath();
            for (const [step, x] of l.xs.entries()) {
              const y = p.y(l.ys[step] ?? NaN);
              if (step === 0) context.moveTo(p.x(x), y);
              else {
                context.lineTo(p.x(x), p.y(l.ys[step - 1] ?? NaN));
                context.lineTo(p.x(x), y);
              }
            }
            context.lineTo(p.x(l.end), p.y(l.ys.at(-1) ?? NaN));
            context.stroke();
            for (const [step, x] of l.xs.entries()) {
              context.beginPath();
              context.arc(
                p.x(x),
                p.y(l.ys[step] ?? NaN),
                (told?.l === l && told.step === step ? 5 : 2.5) * p.ratio,
                0,
                7,
              );
              context.fill();
            }
          }
        }}
        find={(p, x, y) =>
          nearest(
            p,
            all.map((s, index) => [index, s.x, s.y] as const),
            x,
            y,
            20,
          )
        }
        onHover={setHovered}
        onPick={(found) => {
          const step = all[found];
          if (step !== undefined) props.onPick?.(step.l, step.step);
        }}
      />
      <p class="readout" aria-hidden="true">
        {told === undefined ? (
          <span class="muted">Point at a step.</span>
        ) : (
          <>
            {lines.length > 1 && <b>{told.l.name}</b>}
            <b>trial {String(told.l.trials[told.step])}</b>
            <span class="figures">{metric(told.y)}</span>
            <span>
              {xTime === "moment"
                ? moment(told.x)
                : xTime === "span"
                  ? `after ${span(told.x)}`
                  : `${told.x} ${props.xLabel}`}
            </span>
          </>
        )}
      </p>
    </>
  );
}
