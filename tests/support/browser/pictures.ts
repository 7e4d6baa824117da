import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import pixelmatch from 'pixelmatch';
import { PNG } from 'pngjs';

const results = join(import.meta.dirname, '..', '..', '..', 'test-results', 'looks');

/** Processors round differently: so many of 255 that a channel is off are no difference. */
const rounding = 2;
/** How far two colours may be apart besides, of 1 from black to white. */
const threshold = 0.01;
/** So many pixels may differ by more. A letter has as many, and nothing is drawn by chance. */
const tolerated = 12;

export type Picture = PNG;

/** A picture as a browser's `screenshot` gives it. */
export const readPicture = (file: Buffer): Picture => PNG.sync.read(file);

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The part of a picture that lies in a box, to whole pixels. */
export const cut = (picture: Picture, box: Box): Picture => {
  const [x, y] = [Math.round(box.x), Math.round(box.y)];
  const part = new PNG({ width: Math.round(box.x + box.width) - x, height: Math.round(box.y + box.height) - y });
  PNG.bitblt(picture, part, x, y, part.width, part.height);
  return part;
};

const written = (picture: PNG): Buffer =>
  PNG.sync.write(picture, { colorType: 2, filterType: 0, deflateLevel: 9, deflateStrategy: 0 });

/** The picture of what differs, and how many pixels that are. */
const differences = (expected: PNG, actual: PNG): { count: number; picture: PNG } => {
  const { width, height } = expected;
  const picture = new PNG({ width, height });
  const rounded = actual.data.map((channel, index) => {
    const wanted = expected.data[index] ?? channel;
    return Math.abs(channel - wanted) <= rounding ? wanted : channel;
  });
  const count = pixelmatch(expected.data, rounded, picture.data, width, height, { threshold });
  return { count, picture };
};

/**
 * Says in words how a picture differs from the one that is kept in `file`; null where it does not. What differs is left in
 * test-results/looks. To `accept` it is to keep it instead.
 */
export const judge = async (file: string, actual: Picture, accept: boolean): Promise<string | null> => {
  const name = basename(file, '.png');
  const expected = existsSync(file) ? PNG.sync.read(readFileSync(file)) : null;
  const isSameSize = expected?.width === actual.width && expected.height === actual.height;
  const found = expected && isSameSize ? differences(expected, actual) : null;
  if (found && found.count <= tolerated) return null;
  if (accept) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, written(actual));
    return null;
  }
  await mkdir(results, { recursive: true });
  await writeFile(join(results, `${name}-actual.png`), written(actual));
  if (!expected) return `${name}: there is no picture of it yet`;
  await writeFile(join(results, `${name}-expected.png`), written(expected));
  if (!found)
    return `${name}: ${actual.width} × ${actual.height} pixels instead of ${expected.width} × ${expected.height}`;
  await writeFile(join(results, `${name}-difference.png`), written(found.picture));
  return `${name}: ${found.count} pixels differ`;
};
