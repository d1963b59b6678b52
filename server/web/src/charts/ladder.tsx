/** The rungs of a study as a ladder: how its trials are spread at each level, and where the cut is. */
import type { Bracket, Rung, RungHistogram, Study } from "../gen/ashad_pb";
import { maximizes } from "../parts/fate";
import { count, metric, number, resource } from "../parts/format";

const WIDTH = 640;
const HEIGHT = 34;

interface Axis {
  low: number;
  high: number;
  log: boolean;
  /** Place of a value from 0 to WIDTH, the best at the left. */
  x: (value: number) => number;
}

/** One axis for all rungs, so that what lies below each other is alike. */
function axisOf(histograms: readonly RungHistogram[], maximize: boolean): Axis | undefined {
  const ends = histograms.flatMap((h) => [h.low, h.high]).filter((v) => Number.isFinite(v));
  if (ends.length === 0) return undefined;
  const low = Math.min(...ends);
  const high = Math.max(...ends);
  // Where the worst is many times the best, ratios show more than distances.
  const log = low > 0 && high / low > 20;
  const scale = log ? Math.log : (value: number): number => value;
  const wide = scale(high) - scale(low) || 1;
  const x = (value: number): number => {
    const share = Math.min(1, Math.max(0, (scale(Math.max(value, low)) - scale(low)) / wide));
    return WIDTH * (maximize ? 1 - share : share);
  };
  return { low, high, log, x };
}

/** The outline of bars, scaled to the fullest bin. */
function bars(histogram: RungHistogram, counts: readonly bigint[], axis: Axis): string {
  const most = Math.max(1, ...histogram.counts.map(Number));
  const bins = counts.length || 1;
  const step = (histogram.high - histogram.low) / bins;
  const parts: string[] = [];
  for (const [bin, number_] of counts.entries()) {
    const many = Number(number_);
    if (many === 0) continue;
    const a = axis.x(histogram.low + bin * step);
    const b = axis.x(histogram.low + (bin + 1) * step);
    const left = Math.min(a, b);
    const wide = Math.max(1.6, Math.abs(b - a));
    // A bin with one trial is still to be seen.
    const tall = Math.max(2, HEIGHT * Math.sqrt(many / most));
    parts.push(`M${left.toFixed(1)} ${HEIGHT}v${(-tall).toFixed(1)}h${wide.toFixed(1)}V${HEIGHT}z`);
  }
  return parts.join("");
}

function Spread(props: {
  top: boolean;
  rung: Rung;
  histogram: RungHistogram | undefined;
  axis: Axis | undefined;
}) {
  const { rung, histogram, axis } = props;
  if (histogram === undefined || axis === undefined) return <div class="spread" />;
  const at = rung.cutoff === undefined || props.top ? undefined : axis.x(rung.cutoff);
  return (
    <svg
      class="spread"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <path class="entered" d={bars(histogram, histogram.counts, axis)} />
      <path class="went-on" d={bars(histogram, histogram.promoted, axis)} />
      <path class="floor" d={`M0 ${HEIGHT - 0.5}H${WIDTH}`} />
      {at !== undefined && <path class="cut" d={`M${at.toFixed(1)} 0V${HEIGHT}`} />}
    </svg>
  );
}

function Ladder(props: {
  bracket: Bracket;
  study: Study;
  histograms: readonly RungHistogram[];
  axis: Axis | undefined;
  titled: boolean;
}) {
  const { bracket, study, axis } = props;
  const unit = study.spec?.resource ?? "";
  const mine = props.histograms.filter((h) => h.bracket === bracket.bracket);
  const top = bracket.rungs.length - 1;
  const planned = bracket.rungs.some((rung) => rung.plannedTrials > 0n);
  const waits = bracket.rungs.some((rung) => rung.paused > 0n);
  return (
    <table class="ladder">
      <caption class={props.titled ? "" : "hidden"}>
        Bracket {bracket.bracket}
        {bracket.plannedTrials > 0n && (
          <small> {count(bracket.plannedTrials)} trials planned</small>
        )}
      </caption>
      <thead>
        <tr>
          <th scope="col">rung</th>
          <th scope="col" class="wide">
            <span class="ends" aria-hidden="true">
              <span>{axis && metric(maximizes(study) ? axis.high : axis.low)}</span>
              <span class="arrow">← better{axis?.log === true ? ", by ratio" : ""}</span>
              <span>{axis && metric(maximizes(study) ? axis.low : axis.high)}</span>
            </span>
            <span class="hidden">spread of {study.spec?.metric}</span>
          </th>
          <th scope="col" class="num">
            trials
          </th>
          <th scope="col" class="num">
            went on
          </th>
          {waits && (
            <th scope="col" class="num">
              paused
            </th>
          )}
          <th scope="col" class="num">
            cut-off
          </th>
        </tr>
      </thead>
      <tbody>
        {[...bracket.rungs].reverse().map((rung) => {
          const histogram = mine.find((h) => h.rung === rung.rung);
          const bad = Number(histogram?.diverged ?? 0n);
          const beyond = Number(histogram?.infeasible ?? 0n);
          return (
            <tr key={rung.rung} class={rung.size === 0n ? "idle" : ""}>
              <th scope="row">
                <span class="level">{resource(rung.level, unit)}</span>
                <small>{rung.rung === top ? "the top" : `rung ${rung.rung}`}</small>
              </th>
              <td class="wide">
                <Spread top={rung.rung === top} rung={rung} histogram={histogram} axis={axis} />
              </td>
              <td class="num">
                {count(rung.size)}
                {planned && rung.plannedTrials > 0n && (
                  <small>of {count(rung.plannedTrials)}</small>
                )}
                {bad > 0 && (
                  <small
                    class="bad"
                    title="They diverged or failed: without a value one ranks last."
                  >
                    {count(bad)} no value
                  </small>
                )}
                {beyond > 0 && (
                  <small class="bad" title="They broke an outcome constraint, and rank behind.">
                    {count(beyond)} infeasible
                  </small>
                )}
              </td>
              <td class="num">
                {rung.rung === top ? "–" : count(rung.promoted)}
                {rung.rung !== top && <small>room for {count(rung.quota)}</small>}
              </td>
              {waits && <td class="num">{rung.paused > 0n ? count(rung.paused) : "–"}</td>}
              <td class="num" title={rung.cutoff === undefined ? "" : number(rung.cutoff)}>
                {rung.rung === top ? "–" : metric(rung.cutoff)}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

export function Ladders(props: { study: Study; histograms: readonly RungHistogram[] }) {
  const axis = axisOf(props.histograms, maximizes(props.study));
  const { brackets } = props.study;
  return (
    <div class="ladders">
      {brackets.map((bracket) => (
        <Ladder
          key={bracket.bracket}
          bracket={bracket}
          study={props.study}
          histograms={props.histograms}
          axis={axis}
          titled={brackets.length > 1}
        />
      ))}
      <p class="key" aria-hidden="true">
        <i class="swatch entered" /> entered the rung <i class="swatch went-on" /> went on
        <i class="swatch cut" /> cut-off
        <span class="muted">Heights are square roots of counts.</span>
      </p>
    </div>
  );
}
