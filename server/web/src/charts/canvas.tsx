/** A canvas as wide as its place, sharp on any screen, painted again when the colours change. */
import { useEffect, useRef } from "preact/hooks";
import { dark } from "../parts/theme";

export interface Surface {
  context: CanvasRenderingContext2D;
  width: number;
  height: number;
}

export interface CanvasProps {
  title: string;
  height: number;
  paint: (surface: Surface) => void;
  onDown?: (x: number, y: number, width: number) => void;
  onMove?: (x: number, y: number, width: number) => void;
  onUp?: (x: number, y: number, width: number) => void;
  onLeave?: () => void;
  pointing?: boolean;
}

export function Canvas(props: CanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const latest = useRef(props);
  latest.current = props;

  const paint = useRef(() => {
    const box = canvas.current;
    const context = box?.getContext("2d");
    if (!box || !context) return;
    const ratio = devicePixelRatio;
    const width = box.clientWidth;
    const { height } = latest.current;
    if (box.width !== Math.round(width * ratio)) box.width = Math.round(width * ratio);
    if (box.height !== Math.round(height * ratio)) box.height = Math.round(height * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    context.font = "11px system-ui, sans-serif";
    latest.current.paint({ context, width, height });
  });

  useEffect(() => {
    const box = canvas.current;
    if (box === null) return undefined;
    const size = new ResizeObserver(() => {
      paint.current();
    });
    size.observe(box);
    const theme = dark.subscribe(() => {
      paint.current();
    });
    return () => {
      size.disconnect();
      theme();
    };
  }, []);
  useEffect(() => {
    paint.current();
  });

  const at = (event: PointerEvent): [number, number, number] => {
    const area = (event.currentTarget as HTMLCanvasElement).getBoundingClientRect();
    return [event.clientX - area.left, event.clientY - area.top, area.width];
  };
  return (
    <canvas
      ref={canvas}
      class={`own ${props.pointing === true ? "pick" : ""}`}
      role="img"
      aria-label={props.title}
      style={{ height: `${props.height}px` }}
      onPointerDown={(event) => {
        if (props.onDown === undefined) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        props.onDown(...at(event));
      }}
      onPointerMove={(event) => props.onMove?.(...at(event))}
      onPointerUp={(event) => props.onUp?.(...at(event))}
      onPointerLeave={() => props.onLeave?.()}
    />
  );
}
