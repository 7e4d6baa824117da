import { afterNavigate, beforeNavigate, goto, preloadData } from '$app/navigation';
import { navigating, page } from '$app/state';
import { createContext, onMount } from 'svelte';
import { toast } from 'svelte-sonner';
import { isReachable, unreachable } from './reach.ts';

const toastId = 'unreachable';

const keepsPlace = ({ target }: Event): boolean =>
  target instanceof Element && target.closest('[data-sveltekit-reset="false"]') !== null;

interface Way {
  /** Whether the new page is shown from its beginning, and the focus goes there. */
  reset: boolean;
  /** Whether going back from there leads to where this page was come from. */
  replace?: boolean;
}

/**
 * Follows links and forms of the app only once their page can be shown. SvelteKit by itself leaves for an error page without
 * header and list when the server cannot be reached; here the page stays as it is, and a toast offers to try again. Going
 * back or forward is left to SvelteKit, because the browser has changed the address before anybody is asked.
 */
export class Navigation {
  #reading = $state.raw<URL | null>(null);

  /** To be made while a component is set up. */
  constructor() {
    beforeNavigate((navigation) => {
      this.#reading = null;
      const { to, willUnload, type } = navigation;
      if (willUnload || !to?.route.id || (type !== 'link' && type !== 'form')) return;
      navigation.cancel();
      void this.go(to.url, { reset: !keepsPlace(navigation.event) });
    });
    const settle = () => void toast.dismiss(toastId);
    afterNavigate(settle);
    onMount(() => settle);
  }

  /** Where to, while the page there is being read. */
  get to(): URL | null {
    return this.#reading ?? navigating.to?.url ?? null;
  }

  /** Goes to a page of the app, once it can be shown. */
  async go(url: URL, how: Way): Promise<void> {
    this.#reading = url;
    // Who asks for the same page again wants to see what is new, but of a page that is there nothing is preloaded.
    // An order beside the board has the address of its page, and is not that page.
    const again = url.href === location.href && page.shallow === null;
    const failed = again || (await preloadData(url.href)).type === 'error';
    const away = failed && !(await isReachable());
    if (this.#reading !== url) return;
    this.#reading = null;
    if (away) this.#tell(url, how);
    else await goto(url, { reset: how.reset, refreshAll: again, replace: again || how.replace });
  }

  #tell(url: URL, how: Way): void {
    toast.error(unreachable.title, {
      id: toastId,
      description: unreachable.advice,
      duration: Number.POSITIVE_INFINITY,
      action: { label: 'Try again', onClick: () => void this.go(url, how) },
    });
  }
}

export const [getNavigation, setNavigation] = createContext<Navigation>();
