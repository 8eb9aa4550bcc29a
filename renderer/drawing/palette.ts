import { shallowRef, watch, type ShallowRef } from 'vue';
import { COLOURS, cssName, type ColourName } from '../../shared/drawing/tokens.ts';
import { useSettings } from '../stores/settings.ts';

/** The colours of the theme that is shown, for a canvas: what is drawn there does not follow custom properties. */
export type Palette = Readonly<Record<ColourName, string>>;

/** Changes with the theme. */
export function usePalette(): Readonly<ShallowRef<Palette>> {
  const settings = useSettings();
  const palette = shallowRef(readPalette());
  // Behind the frame's own update, which sets the theme on the document.
  watch(() => settings.theme, () => (palette.value = readPalette()), { flush: 'post' });
  return palette;
}

function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const names = Object.keys(COLOURS) as ColourName[];
  return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(cssName(name)).trim() || COLOURS[name][0]])) as Palette;
}
