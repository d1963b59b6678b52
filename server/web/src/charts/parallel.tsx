/** Parallel coordinates: a line for each trial across its parameters to its metric; a drag along an axis brushes. */
import { useRef, useState } from "preact/hooks";
import { colour } from "../parts/fate";
import { type Axis, share, ticks, unshare } from "./axes";
import { Canvas, type Surface } from "./canvas";

export type Ranges = ReadonlyMap<string, readonly [number, number]>;

const TOP = 34;
const BOTTOM = 26;
const SIDE = 46;
const GRAB = 16;

export interface ParallelProps {
  axes: readonly Axis[];
  /** For each axis the places of all trials; NaN where a trial has no value. */
  columns: readonly (readonly number[])[];
  /** Ranks by the metric, from 0, the best, to 1; NaN where there is no metric. */
  ranks: readonly number[];
  ranges: Ranges;
  picked: number | undefined;
  height: number;
  onRange: (axis: Axis, range: readonly [number, number] | undefined) => void;
}

/** The rows that all ranges let through. */
export function passes(
  props: Pick<ParallelProps, "axes" | "columns" | "ranges">,
  row: number,
): boolean {
  return props.axes.every((axis, index) => {
    const range = props.ranges.get(axis.column);
    if (range === undefined) return true;
    const value = props.columns[index]?.[row] ?? NaN;
    return value >= range[0] && value <= range[1];
  });
}

export function Parallel(props: ParallelProps) {
  const drag = useRef<{ axis: number; from: number } | undefined>(undefined);
  const [drawn, setDrawn] = useState<{ axis: number; from: number; to: number }>();
  const [over, setOver] = useState(false);
  const { axes, columns, ranks } = props;
  const many = ranks.length;

  const x = (index: number, width: number): number =>
    axes.length < 2 ? width / 2 : SIDE + (index * (width - 2 * SIDE)) / (axes.length - 1);
  const y = (axis: Axis, value: number): number => {
    const tall = props.height - TOP - BOTTOM;
    // A trial without the parameter passes below the axis.
    return Number.isNaN(value) ? props.height - 10 : TOP + tall * (1 - share(axis, value));
  };
  const back = (at: number): number =>
    Math.min(1, Math.max(0, 1 - (at - TOP) / (props.height - TOP - BOTTOM)));

  const paint = ({ context, width }: Surface): void => {
    const [faint, good, plain, best, text, muted, panel] = [
      "--stopped", "--best", "--running", "--best", "--text", "--muted", "--panel",
    ].map(colour) as [string, string, string, string, string, string, string]; // prettier-ignore
    const rows = Array.from({ length: many }, (_, row) => row).sort((a, b) => {
      const [ra = NaN, rb = NaN] = [ranks[a], ranks[b]];
      return (Number.isNaN(rb) ? 2 : rb) - (Number.isNaN(ra) ? 2 : ra);
    });
    const brushed = props.ranges.size > 0;
    const one = (row: number): void => {
      context.beginPath();
      for (const [index, axis] of axes.entries()) {
        const px = x(index, width);
        const py = y(axis, columns[index]?.[row] ?? NaN);
        if (index === 0) context.moveTo(px, py);
        else context.lineTo(px, py);
      }
      context.stroke();
    };
    const dense = Math.min(1, 220 / Math.max(1, many));
    for (const row of rows) {
      const rank = ranks[row] ?? NaN;
      const inside = !brushed || passes(props, row);
      context.strokeStyle = !inside || Number.isNaN(rank) ? faint : rank <= 0.05 ? good : plain;
      context.lineWidth = inside && rank <= 0.05 ? 1.6 : 1;
      context.globalAlpha = !inside
        ? 0.06
        : rank <= 0.05
          ? 0.9
          : 0.12 + 0.5 * dense * (1 - (rank || 0) * 0.7);
      one(row);
    }
    context.globalAlpha = 1;
    if (props.picked !== undefined) {
      context.strokeStyle = text;
      context.lineWidth = 2.4;
      one(props.picked);
    }
    for (const [index, axis] of axes.entries()) {
      const px = x(index, width);
      context.strokeStyle = muted;
      context.lineWidth = 1;
      context.beginPath();
      context.moveTo(px, TOP);
      context.lineTo(px, props.height - BOTTOM);
      context.stroke();
      const range =
        drawn?.axis === index
          ? ([
              unshare(axis, Math.min(drawn.from, drawn.to)),
              unshare(axis, Math.max(drawn.from, drawn.to)),
            ] as const)
          : props.ranges.get(axis.column);
      if (range !== undefined) {
        const [a, b] = [y(axis, range[1]), y(axis, range[0])];
        context.fillStyle = best;
        context.globalAlpha = 0.22;
        context.fillRect(px - 7, a, 14, b - a);
        context.globalAlpha = 1;
        context.strokeStyle = best;
        context.strokeRect(px - 7, a, 14, b - a);
      }
      context.textAlign = index === 0 ? "left" : index === axes.length - 1 ? "right" : "center";
      const shift = index === 0 ? -SIDE + 4 : index === axes.length - 1 ? SIDE - 4 : 0;
      context.fillStyle = text;
      context.font = "600 11px system-ui, sans-serif";
      const room = (width - 2 * SIDE) / Math.max(1, axes.length - 1) - 8;
      let title = axis.title;
      while (
        title.length > 3 &&
        context.measureText(title).width > room + (shift === 0 ? 0 : SIDE / 2)
      ) {
        title = `${title.replace(/…$/, "").slice(0, -1)}…`;
      }
      context.fillText(title, px + shift, 14);
      context.font = "10.5px system-ui, sans-serif";
      context.textAlign = "left";
      for (const [value, word] of ticks(axis)) {
        const short = word.length > 10 ? `${word.slice(0, 9)}…` : word;
        const wide = context.measureText(short).width;
        const left = index === axes.length - 1 ? px - wide - 6 : px + 6;
        const py = y(axis, value);
        context.fillStyle = panel;
        context.globalAlpha = 0.75;
        context.fillRect(left - 1, py - 7, wide + 2, 13);
        context.globalAlpha = 1;
        context.fillStyle = muted;
        context.fillText(short, left, py + 3.5);
        context.fillRect(px - 2, py, 4, 1);
      }
    }
  };

  const nearest = (at: number, width: number): number | undefined => {
    for (const index of axes.keys()) if (Math.abs(x(index, width) - at) <= GRAB) return index;
    return undefined;
  };
  return (
    <Canvas
      title={`Parallel coordinates of ${many} trials over ${axes.map((a) => a.title).join(", ")}`}
      height={props.height}
      paint={paint}
      pointing={over}
      onDown={(px, py, width) => {
        const axis = nearest(px, width);
        if (axis !== undefined) drag.current = { axis, from: back(py) };
      }}
      onMove={(px, py, width) => {
        setOver(nearest(px, width) !== undefined);
        if (drag.current !== undefined) setDrawn({ ...drag.current, to: back(py) });
      }}
      onUp={(_, py) => {
        const now = drag.current;
        drag.current = undefined;
        setDrawn(undefined);
        const axis = now === undefined ? undefined : axes[now.axis];
        if (now === undefined || axis === undefined) return;
        const [a, b] = [Math.min(now.from, back(py)), Math.max(now.from, back(py))];
        props.onRange(axis, b - a < 0.015 ? undefined : [unshare(axis, a), unshare(axis, b)]);
      }}
    />
  );
}
