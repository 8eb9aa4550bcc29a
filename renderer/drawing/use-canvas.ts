import { onBeforeUnmount, onMounted, watch, type Ref } from 'vue';
import { usePalette, type Palette } from './palette.ts';

/** Draws everything anew; sizes are CSS pixels. */
export type Paint = (context: CanvasRenderingContext2D, width: number, height: number, palette: Palette) => void;

export interface CanvasPainter {
  /** Draws in the next frame; however often it is called. */
  repaint(): void;
  /** Draws at once: where what is drawn must not lag behind what is scrolled. */
  paintNow(): void;
}

/** Keeps a canvas as sharp as the screen: it is drawn again when its size, the pixel ratio or the theme change. */
export function useCanvas(canvas: Ref<HTMLCanvasElement | null>, paint: Paint): CanvasPainter {
  const palette = usePalette();
  let frame = 0;
  let ratioQuery: MediaQueryList | null = null;
  const resize = new ResizeObserver(() => repaint());

  function paintNow(): void {
    cancelAnimationFrame(frame);
    frame = 0;
    const element = canvas.value;
    const context = element?.getContext('2d');
    if (element === null || context == null) return;
    const ratio = devicePixelRatio;
    const { clientWidth: width, clientHeight: height } = element;
    const [deviceWidth, deviceHeight] = [Math.round(width * ratio), Math.round(height * ratio)];
    // To set a size clears the canvas and gives its memory back: only when it is another one.
    if (element.width !== deviceWidth || element.height !== deviceHeight) [element.width, element.height] = [deviceWidth, deviceHeight];
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    if (width > 0 && height > 0) paint(context, width, height, palette.value);
  }

  function repaint(): void {
    if (frame === 0) frame = requestAnimationFrame(paintNow);
  }

  /** A window moved to another screen. */
  function followRatio(): void {
    ratioQuery?.removeEventListener('change', followRatio);
    ratioQuery = matchMedia(`(resolution: ${devicePixelRatio}dppx)`);
    ratioQuery.addEventListener('change', followRatio);
    repaint();
  }

  watch(palette, repaint);
  watch(canvas, (now, before) => {
    if (before) resize.unobserve(before);
    if (now) resize.observe(now);
  });
  onMounted(() => {
    if (canvas.value !== null) resize.observe(canvas.value);
    followRatio();
  });
  onBeforeUnmount(() => {
    resize.disconnect();
    ratioQuery?.removeEventListener('change', followRatio);
    cancelAnimationFrame(frame);
  });
  return { repaint, paintNow };
}
