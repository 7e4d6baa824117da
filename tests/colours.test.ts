import { readFileSync } from 'node:fs';
import { orderStatuses } from '@live-orders/contracts/domain/order-status.ts';
import { describe, expect, test } from 'vitest';
import { statusViews } from '../dashboard/src/lib/orders/status.ts';

/** The tokens of the dashboard, each in the light and in the dark theme. */
const tokens = new Map(
  readFileSync('dashboard/src/app.css', 'utf8')
    .matchAll(/--color-([\w-]+): light-dark\((#\w{6}), (#\w{6})\);/g)
    .map(([, name = '', light = '', dark = '']) => [name, [light, dark]]),
);

/** The relative luminance of #rrggbb, and the contrast of two such colours, as WCAG 2.2 defines both. */
const luminance = (colour: string): number => {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const contrast = (one: string, other: string): number => {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
};

const grounds = ['page', 'surface', 'raised'];
/** What is read, and what is behind it: WCAG 2.2 asks for 4.5 to 1 (1.4.3). */
const texts: [text: string, ground: string][] = [
  ...['ink', 'muted', 'accent', 'danger', 'warn'].flatMap((text) =>
    grounds.map((ground): [string, string] => [text, ground]),
  ),
  ['ink', 'accent-soft'],
  ['muted', 'accent-soft'],
  ['accent', 'accent-soft'],
  ['on-accent', 'accent'],
  ['danger', 'danger-soft'],
  ['warn', 'warn-soft'],
  ['page', 'ink'],
  ['surface', 'danger'],
];

describe.each([
  ['light', 0],
  ['dark', 1],
] as const)('in the %s theme', (_theme, at) => {
  const colour = (name: string): string => {
    const pair = tokens.get(name);
    if (!pair) throw new Error(`app.css has no colour “${name}”`);
    return pair[at] ?? '';
  };

  test.each(texts)('%s can be read on %s', (text, ground) => {
    expect(contrast(colour(text), colour(ground))).toBeGreaterThanOrEqual(4.5);
  });

  test.each(orderStatuses)('the status %s can be read', (status) => {
    const { ink, soft } = statusViews[status];
    expect(contrast(ink[at], soft[at])).toBeGreaterThanOrEqual(4.5);
  });

  // WCAG 2.2, 1.4.11.
  test.each(grounds)('the edges of fields can be seen on %s', (ground) => {
    expect(contrast(colour('line-strong'), colour(ground))).toBeGreaterThanOrEqual(3);
  });
});
