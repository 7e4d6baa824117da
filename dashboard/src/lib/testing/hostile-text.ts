/** What people, and those who are not well-meaning, put into names and notes. */
export const hostileNames = {
  'a long word': 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft'.repeat(2),
  'right to left': 'قهوة عربية مطحونة 250 غرام',
  emoji: `Party ${'👩‍👩‍👧‍👦🏳️‍🌈🧑🏿‍🚀☕️'.repeat(3)}`,
  markup: '<b onmouseover=alert(1)>bold</b> &amp; {{7*7}} ${1}',
} as const;

/** What no client can write any more, but what may be left of before: one is read backwards, one has nothing to see. */
export const leftNames = {
  mirror: 'Mug \u202Egnp.elif',
  invisible: '\u200B\u200B\u2060',
} as const;
