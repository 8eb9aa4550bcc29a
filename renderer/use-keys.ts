import { onScopeDispose, shallowReactive } from 'vue';

/** A key and what it does. */
export interface KeyBinding {
  /** The first is shown: "J", "Ctrl+K", "Shift+E", "Alt+ArrowLeft", "?", "ArrowDown", "Space". */
  keys: readonly string[];
  label: string;
  run(event: KeyboardEvent): void;
  /** In the status bar as well as in the list of keys; a function: while it would do something. */
  hint?: boolean | (() => boolean);
  /** Only while it holds; else the key is left to others. */
  when?(): boolean;
}

export interface KeyGroup {
  readonly title: string;
  readonly bindings: readonly KeyBinding[];
}

/** What is bound at this moment, the frame first. */
export const keyGroups: readonly KeyGroup[] = shallowReactive<KeyGroup[]>([]);

/**
 * Binds keys while the component lives, under a title of the list of keys. The latest binding of a key wins: a screen's
 * before the frame's. Keys without Ctrl or Alt are left to fields, menus and open dialogs.
 */
export function useKeys(title: string, bindings: readonly KeyBinding[]): void {
  const group: KeyGroup = { title, bindings };
  const groups = keyGroups as KeyGroup[];
  groups.push(group);
  onScopeDispose(() => groups.splice(groups.indexOf(group), 1));
}

/** Starts listening; once, by the frame. */
export function listenToKeys(target: Window): void {
  target.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    const pressed = pressedKey(event);
    if (isTaken(event, pressed)) return;
    for (const { bindings } of keyGroups.toReversed()) {
      const binding = bindings.find((one) => one.keys.includes(pressed) && (one.when?.() ?? true));
      if (binding === undefined) continue;
      event.preventDefault();
      binding.run(event);
      return;
    }
  });
}

/** "Ctrl+Shift+L". Letters in upper case; other characters as typed, without their Shift. */
function pressedKey(event: KeyboardEvent): string {
  const key = event.key === ' ' ? 'Space' : event.key.length === 1 ? event.key.toUpperCase() : event.key;
  const typed = key.length === 1 && !/[A-Z]/.test(key);
  return `${event.ctrlKey || event.metaKey ? 'Ctrl+' : ''}${event.altKey ? 'Alt+' : ''}${event.shiftKey && !typed ? 'Shift+' : ''}${key}`;
}

/** Whether the key belongs to what has the focus, or to an open dialog. */
function isTaken(event: KeyboardEvent, pressed: string): boolean {
  if (document.querySelector('[role="dialog"]') !== null) return true;
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest('[role="menu"], [role="listbox"]:not(svg)')) return true;
  if (/^(Ctrl|Alt)\+/.test(pressed)) return false;
  if (target?.closest('input:not([type="checkbox"], [type="radio"]), textarea, select, [contenteditable="true"]')) return true;
  const acts = pressed === 'Enter' || pressed === 'Space';
  return acts && target?.closest('button, a[href], summary, input, [role="button"], [role="checkbox"], [role="slider"], [role="tab"]') != null;
}

/** For people: "Ctrl K", "Alt ←". */
export function keyNames(keys: string): string[] {
  return (keys.endsWith('++') ? [...keys.slice(0, -2).split('+'), '+'] : keys === '+' ? ['+'] : keys.split('+')).map((key) => NAMES[key] ?? key);
}

const NAMES: Record<string, string> = { ArrowLeft: '←', ArrowRight: '→', ArrowUp: '↑', ArrowDown: '↓', Escape: 'Esc' };
