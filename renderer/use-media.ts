import { onScopeDispose, ref, type Ref } from 'vue';

/** Whether a media query holds, kept up to date. */
export function useMedia(query: string): Readonly<Ref<boolean>> {
  const list = matchMedia(query);
  const matches = ref(list.matches);
  const follow = (): void => void (matches.value = list.matches);
  list.addEventListener('change', follow);
  onScopeDispose(() => list.removeEventListener('change', follow));
  return matches;
}
