import { createContext } from 'svelte';

/** What lies over the page, whoever has opened it: a key, a button of the header, or the menu of the user. */
export class Panels {
  palette = $state(false);
  shortcuts = $state(false);
  alerts = $state(false);
}

export const [getPanels, setPanels] = createContext<Panels>();
