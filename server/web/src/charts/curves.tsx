/** Learning curves, coloured by what became of their trials. */
import { useState } from "preact/hooks";
import { type Curve, CurveChoice, type Study, TrialState } from "../gen/ashad_pb";
import { colour, fate, maximizes } from "../parts/fate";
import { metric, reason, resource } from "../parts/format";
import { State } from "../parts/ui";
import { line, nearest, type Painter, Plot, room } from "./plot";

/** Those that matter most are painted last. */
const ORDER = [
  TrialState.CANCELLED,
  TrialState.STOPPED,
  TrialState.INFEASIBLE,
  TrialState.FAILED,
  TrialState.QUEUED,
  TrialState.PAUSED,
  TrialState.COMPLETED,
  TrialState.RUNNING,
];

interface Shown {
  curve: Curve;
  xs: number[];
  ys: readonly number[];
}

function shown(curves: readonly Curve[], hidden: ReadonlySet<TrialState>): Shown[] {
  return curves
    .filter((curve) => curve.values.length > 0 && !hidden.has(curve.state))
    .map((curve) => ({ curve, xs: curve.resources.map(Number), ys: curve.values }))
    .sort((a, b) => ORDER.indexOf(a.curve.state) - ORDER.indexOf(b.curve.state));
}

/** The range that shows almost all: one trial that went wild flattens no other. */
export function extent(values: readonly number[], maximize: boolean): [number, number] {
  const finite = values.filter((v) => Number.isFinite(v)).sort((a, b) => a - b);
  if (finite.length === 0) return [0, 1];
  const low = finite[0] ?? 0;
  const high = finite.at(-1) ?? 1;
  const q1 = finite[Math.floor(finite.length / 4)] ?? low;
  const q3 = finite[Math.floor((3 * finite.length) / 4)] ?? high;
  const far = 4 * (q3 - q1);
  if (far === 0) return [low, high];
  return maximize ? [Math.max(low, q1 - far), high] : [low, Math.min(high, q3 + far)];
}

export interface CurvesProps {
  curves: readonly Curve[];
  study: Study;
  metricName: string;
  hidden: ReadonlySet<TrialState>;
  log: boolean;
  logX: boolean;
  picked: number | undefined;
  best: number | undefined;
  onPick: (trial: number) => void;
  height: number;
}

export function Curves(props: CurvesProps) {
  const [hovered, setHovered] = useState<number>();
  const { study } = props;
  const all = shown(props.curves, props.hidden);
  const unit = study.spec?.resource ?? "epoch";
  const maximize = maximizes(study);
  const values = all.flatMap((s) => s.ys);
  const log = props.log && values.every((v) => !(v <= 0));
  const [low, high] = room(...extent(values, maximize), log);
  const ends = all.map((s) => Math.max(...s.xs));
  const last = Math.max(1, ...ends);
  const levels = [...new Set(study.brackets.flatMap((b) => b.rungs.map((r) => Number(r.level))))];
  const picked = hovered ?? props.picked;

  const paint = (p: Painter): void => {
    const { context } = p;
    context.lineJoin = "round";
    context.strokeStyle = colour("--rung");
    context.lineWidth = p.ratio;
    context.setLineDash([2 * p.ratio, 3 * p.ratio]);
    context.beginPath();
    for (const level of levels) {
      if (level > last) continue;
      context.moveTo(p.x(level), p.top);
      context.lineTo(p.x(level), p.top + p.height);
    }
    context.stroke();
    context.setLineDash([]);
    const many = all.length > 60;
    const one = (s: Shown, wide: number, alpha: number, ink: string): void => {
      context.globalAlpha = alpha;
      context.strokeStyle = ink;
      context.fillStyle = ink;
      context.lineWidth = wide * p.ratio;
      context.beginPath();
      line(p, s.xs, s.ys);
      context.stroke();
      const x = s.xs.at(-1);
      const y = s.ys.at(-1);
      if (x === undefined || y === undefined || !Number.isFinite(y)) return;
      context.beginPath();
      context.arc(p.x(x), p.y(y), (wide + 0.7) * p.ratio, 0, 7);
      context.fill();
    };
    const dim = picked === undefined ? 1 : 0.35;
    for (const s of all) {
      const quiet = s.curve.state === TrialState.STOPPED || s.curve.state === TrialState.CANCELLED;
      const alpha = quiet ? (many ? 0.45 : 0.7) : 0.9;
      one(s, quiet ? 1 : 1.4, alpha * dim, colour(fate(s.curve.state).colour));
    }
    const best = all.find((s) => Number(s.curve.trial) === props.best);
    if (best !== undefined) one(best, 2.4, 1, colour("--best"));
    const found = all.find((s) => Number(s.curve.trial) === picked);
    if (found !== undefined) one(found, 2.6, 1, colour("--text"));
    context.globalAlpha = 1;
  };

  const find = (p: Painter, x: number, y: number): number | undefined =>
    nearest(
      p,
      (function* () {
        for (const s of all) {
          for (const [index, value] of s.ys.entries()) {
            yield [Number(s.curve.trial), s.xs[index] ?? 0, value] as const;
          }
        }
      })(),
      x,
      y,
    );

  const told = props.curves.find((curve) => Number(curve.trial) === picked);
  return (
    <>
      <Plot
        title={`Learning curves of ${all.length} trials: ${props.metricName} over ${unit}`}
        x={{ label: unit, low: props.logX ? 1 : 0, high: last, log: props.logX, whole: true }}
        y={{ label: props.metricName, low, high, log }}
        height={props.height}
        paint={paint}
        find={find}
        onHover={setHovered}
        onPick={props.onPick}
      />
      <p class="readout" aria-hidden="true">
        {told === undefined ? (
          <span class="muted">Point at a curve; click it to see why it ended there.</span>
        ) : (
          <>
            <b>trial {String(told.trial)}</b> <State state={told.state} />
            {told.reason !== "" && <span>{reason(told.reason)}</span>}
            <span>at {resource(told.resources.at(-1) ?? 0n, unit)}</span>
            <span class="figures">{metric(told.values.at(-1))}</span>
            {told.choice === CurveChoice.BEST && <span>among the best</span>}
          </>
        )}
      </p>
    </>
  );
}
