/** Workers over time: a bar for each attempt, gaps where one was idle, marks where a lease was lost. */
import { useState } from "preact/hooks";
import type { Span } from "../api/spans";
import { TrialState } from "../gen/ashad_pb";
import { colour, fate } from "../parts/fate";
import { clock, resource, span as stretch } from "../parts/format";
import { Canvas, type Surface } from "./canvas";

const ROW = 20;
const HEAD = 22;
const FIRST = 150;

export interface Lane {
  worker: string;
  spans: readonly Span[];
  busy: number;
}

export function ending(span: Span): { name: string; colour: string } {
  if (span.end === "lost") return { name: "lost its lease", colour: "--failed" };
  if (span.end === "released") return { name: "given back", colour: "--paused" };
  return fate(span.end);
}

export function Gantt(props: {
  lanes: readonly Lane[];
  from: number;
  to: number;
  unit: string;
  onPick: (trial: number) => void;
}) {
  const { lanes, from, to } = props;
  const [hovered, setHovered] = useState<Span>();
  const height = HEAD + lanes.length * ROW + 6;
  const first = (width: number): number => Math.min(FIRST, width * 0.3);
  const x = (at: number, width: number): number =>
    first(width) + ((at - from) / Math.max(1e-6, to - from)) * (width - first(width) - 4);

  const paint = ({ context, width }: Surface): void => {
    const [text, muted, grid] = [colour("--text"), colour("--muted"), colour("--grid")];
    context.fillStyle = muted;
    context.textAlign = "center";
    const many = Math.max(2, Math.floor((width - first(width)) / 110));
    for (let tick = 0; tick <= many; tick++) {
      const at = from + (tick / many) * (to - from);
      const px = x(at, width);
      context.fillStyle = grid;
      context.fillRect(px, HEAD - 4, 1, height);
      context.fillStyle = muted;
      context.textAlign = tick === many ? "right" : tick === 0 ? "left" : "center";
      context.fillText(clock(at), px, 12);
    }
    for (const [index, lane] of lanes.entries()) {
      const top = HEAD + index * ROW;
      context.fillStyle = text;
      context.textAlign = "left";
      let name = lane.worker === "" ? "(before)" : lane.worker;
      while (name.length > 4 && context.measureText(name).width > first(width) - 12) {
        name = `…${name.replace(/^…/, "").slice(1)}`;
      }
      context.fillText(name, 0, top + ROW / 2 + 4);
      for (const span of lane.spans) {
        const left = Math.max(first(width), x(span.from, width));
        const right = x(Math.min(span.to ?? to, to), width);
        if (right < first(width)) continue;
        const ink = colour(ending(span).colour);
        context.fillStyle = ink;
        context.globalAlpha = span === hovered ? 1 : 0.78;
        context.fillRect(left, top + 3, Math.max(1, right - left - 0.5), ROW - 7);
        context.globalAlpha = 1;
        if (span.end === "lost" || span.end === "released" || span.end === TrialState.FAILED) {
          context.fillStyle = ink;
          context.beginPath();
          context.moveTo(right, top + 1);
          context.lineTo(right + 4, top + ROW / 2 - 1);
          context.lineTo(right, top + ROW - 2);
          context.fill();
        }
        const label = String(span.trial);
        if (right - left > 7 * label.length + 8) {
          context.fillStyle = colour("--panel");
          context.textAlign = "left";
          context.fillText(label, left + 4, top + ROW / 2 + 3.5);
        }
      }
      context.fillStyle = grid;
      context.fillRect(0, top + ROW - 1, width, 1);
    }
  };

  const find = (px: number, py: number, width: number): Span | undefined => {
    const lane = lanes[Math.floor((py - HEAD) / ROW)];
    return lane?.spans.findLast(
      (s) => x(s.from, width) <= px + 2 && x(s.to ?? to, width) >= px - 2 && px >= first(width),
    );
  };
  return (
    <>
      <Canvas
        title={`What ${lanes.length} workers did from ${clock(from)} to ${clock(to)}`}
        height={height}
        paint={paint}
        pointing={hovered !== undefined}
        onMove={(px, py, width) => {
          setHovered(find(px, py, width));
        }}
        onUp={(px, py, width) => {
          const found = find(px, py, width);
          if (found !== undefined) props.onPick(found.trial);
        }}
        onLeave={() => {
          setHovered(undefined);
        }}
      />
      <p class="readout" aria-hidden="true">
        {hovered === undefined ? (
          <span class="muted">Point at a bar; click it to open the trial.</span>
        ) : (
          <>
            <b>trial {hovered.trial}</b>
            <span>attempt {hovered.attempt}</span>
            <span>{hovered.worker}</span>
            <span>
              {clock(hovered.from)} to {hovered.to === undefined ? "now" : clock(hovered.to)},{" "}
              {stretch((hovered.to ?? to) - hovered.from)}
            </span>
            <span>{ending(hovered).name}</span>
            {hovered.resource > 0 && <span>at {resource(hovered.resource, props.unit)}</span>}
          </>
        )}
      </p>
    </>
  );
}
