/** Axes, zoom and cursor by uPlot; what is in between is painted by whoever uses it. */
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { colour } from "../parts/fate";
import { clock, metric, number, short } from "../parts/format";
import { dark } from "../parts/theme";

export interface Scale {
  label: string;
  low: number;
  high: number;
  log?: boolean;
  time?: boolean;
  whole?: boolean;
  /** Names of the whole numbers from 0 on. */
  names?: readonly string[];
}

export interface Painter {
  context: CanvasRenderingContext2D;
  /** Place of a value, in pixels of the canvas. */
  x: (value: number) => number;
  y: (value: number) => number;
  /** Pixels of the canvas in one of the page. */
  ratio: number;
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface PlotProps {
  title: string;
  x: Scale;
  y: Scale;
  height: number;
  paint: (painter: Painter) => void;
  /** What of it is at a place, in pixels of the canvas; undefined where nothing is. */
  find?: (painter: Painter, x: number, y: number) => number | undefined;
  onHover?: (found: number | undefined) => void;
  onPick?: (found: number) => void;
}

/** A range with some room, and never empty. */
export function room(low: number, high: number, log = false): [number, number] {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return log ? [0.1, 1] : [0, 1];
  if (log) return low === high ? [low / 2, high * 2] : [low / 1.08, high * 1.08];
  const wide = high - low || Math.abs(high) || 1;
  return [low - 0.04 * wide, high + 0.04 * wide];
}

function range(scale: Scale): uPlot.Range.MinMax {
  return [scale.low, scale.high];
}

function axis(scale: () => Scale, side: 1 | 3 | 2 | 0): uPlot.Axis {
  const ticks = (_: uPlot, values: (number | null)[]): (string | null)[] => {
    const { time, whole, high, low, log, names } = scale();
    return values.map((v) => {
      if (v === null) return null;
      if (names !== undefined) return names[v] ?? "";
      if (time) return clock(v);
      if (whole) return Number.isInteger(v) ? short(v) : "";
      if (log) return number(v);
      const step = (high - low) / 5;
      if (step >= 0.1 || step < 1e-4 || Math.abs(v) >= 1e4) return number(Number(v.toPrecision(6)));
      return v === 0 ? "0" : metric(v).replace(/(\.\d+?)0+$/, "$1");
    });
  };
  return {
    side,
    stroke: () => colour("--muted"),
    grid: { stroke: () => colour("--grid"), width: 1 },
    ticks: { stroke: () => colour("--grid"), width: 1, size: 4 },
    font: "11px system-ui, sans-serif",
    labelFont: "11px system-ui, sans-serif",
    labelSize: 16,
    label: scale().label,
    gap: 4,
    size: side === 3 ? 52 : 30,
    space: side === 3 ? 34 : 60,
    values: ticks,
  };
}

export function Plot(props: PlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const shape = [props.x.log, props.y.log, props.x.time, props.x.label, props.y.label].join();

  useEffect(() => {
    const box = place.current;
    if (box === null) return undefined;
    let hovered: number | undefined;
    const painter = (u: uPlot): Painter => ({
      context: u.ctx,
      x: (value) => u.valToPos(value, "x", true),
      y: (value) => u.valToPos(value, "y", true),
      ratio: devicePixelRatio,
      left: u.bbox.left,
      top: u.bbox.top,
      width: u.bbox.width,
      height: u.bbox.height,
    });
    const look = (u: uPlot): void => {
      const { find, onHover } = latest.current;
      if (find === undefined) return;
      const { left, top } = u.cursor;
      const inside = left !== undefined && top !== undefined && left >= 0 && top >= 0;
      const at = inside
        ? find(
            painter(u),
            left * devicePixelRatio + u.bbox.left,
            top * devicePixelRatio + u.bbox.top,
          )
        : undefined;
      u.over.classList.toggle("pick", at !== undefined && latest.current.onPick !== undefined);
      if (at === hovered) return;
      hovered = at;
      onHover?.(at);
    };
    const made = new uPlot(
      {
        width: box.clientWidth || 300,
        height: props.height,
        legend: { show: false },
        cursor: {
          drag: { x: true, y: false },
          points: { show: false },
          x: props.find === undefined,
          y: props.find === undefined,
        },
        scales: {
          x: { time: false, distr: props.x.log ? 3 : 1 },
          y: { distr: props.y.log ? 3 : 1, range: () => range(latest.current.y) },
        },
        axes: [axis(() => latest.current.x, 2), axis(() => latest.current.y, 3)],
        series: [{}, { show: true, stroke: "transparent", points: { show: false } }],
        hooks: {
          draw: [
            (u) => {
              u.ctx.save();
              u.ctx.beginPath();
              u.ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
              u.ctx.clip();
              latest.current.paint(painter(u));
              u.ctx.restore();
            },
          ],
          setCursor: [look],
        },
      },
      [range(props.x), range(props.y)] as uPlot.AlignedData,
      box,
    );
    plot.current = made;
    made.over.addEventListener("click", () => {
      if (hovered !== undefined) latest.current.onPick?.(hovered);
    });
    const size = new ResizeObserver(() => {
      made.setSize({ width: box.clientWidth || 300, height: latest.current.height });
    });
    size.observe(box);
    const theme = dark.subscribe(() => {
      made.redraw(false, true);
    });
    return () => {
      size.disconnect();
      theme();
      made.destroy();
    };
  }, [shape, props.height]);

  const extent = [props.x.low, props.x.high, props.y.low, props.y.high].join();
  const shown = useRef(extent);
  useEffect(() => {
    const made = plot.current;
    if (made === undefined) return;
    const { min, max } = made.scales["x"] ?? {};
    const old = shown.current.split(",").map(Number);
    const zoomed = min !== old[0] || max !== old[1];
    if (shown.current === extent) made.redraw(false, false);
    else made.setData([range(props.x), range(props.y)] as uPlot.AlignedData, !zoomed);
    shown.current = extent;
  });

  return (
    <div
      class="plot"
      ref={place}
      role="img"
      aria-label={props.title}
      style={{ height: `${props.height}px` }}
    />
  );
}

/** A line through points; one that is not a number breaks it. */
export function line(p: Painter, xs: readonly number[], ys: readonly number[]): void {
  const { context } = p;
  let drawing = false;
  for (const [index, y] of ys.entries()) {
    const x = xs[index] ?? NaN;
    if (!Number.isFinite(y)) {
      drawing = false;
      continue;
    }
    if (drawing) context.lineTo(p.x(x), p.y(y));
    else context.moveTo(p.x(x), p.y(y));
    drawing = true;
  }
}

/** The index of the point that is nearest to a place, within so many pixels of the page. */
export function nearest(
  p: Painter,
  points: Iterable<readonly [number, number, number]>,
  x: number,
  y: number,
  within = 14,
): number | undefined {
  let best: number | undefined;
  let least = (within * p.ratio) ** 2;
  for (const [index, px, py] of points) {
    const distance = (p.x(px) - x) ** 2 + (p.y(py) - y) ** 2;
    if (distance < least) [least, best] = [distance, index];
  }
  return best;
}
