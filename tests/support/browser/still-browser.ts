import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser } from 'playwright-core';
import { findChromium, launchBrowser } from './browser.ts';

/**
 * No font of the machine and no rule of it. Letters have no smooth edges: a picture without them takes a third of the room, and
 * there is nothing about them that could be a little different.
 */
const fontconfig = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <cachedir prefix="xdg">cache</cachedir>
  <match target="pattern">
    <edit name="antialias" mode="assign"><bool>false</bool></edit>
    <edit name="hinting" mode="assign"><bool>false</bool></edit>
  </match>
</fontconfig>
`;

const args = [
  '--font-render-hinting=none',
  '--disable-font-subpixel-positioning',
  '--force-color-profile=srgb',
  '--lang=en-GB',
];

/** Latin letters come with the browser’s package, Arabic ones from another. What neither has, as emoji, is a box on every machine. */
const fontFolders = async (): Promise<string[]> => [
  join(dirname(await findChromium()), 'fonts', 'fonts', 'Open_Sans'),
  fileURLToPath(new URL('../fonts', import.meta.resolve('@embedpdf/fonts-arabic'))),
];

/** A browser whose pages look the same on every machine: text has the fonts of npm packages, whatever is installed. */
export const launchStillBrowser = async (): Promise<{ browser: Browser; close: () => Promise<void> }> => {
  const folder = await mkdtemp(join(tmpdir(), 'live-orders-fonts-'));
  await mkdir(join(folder, 'fonts'));
  for (const fonts of await fontFolders()) await cp(fonts, join(folder, 'fonts'), { recursive: true });
  await writeFile(join(folder, 'fonts.conf'), fontconfig);
  const { browser, close } = await launchBrowser(args, {
    FONTCONFIG_FILE: join(folder, 'fonts.conf'),
    XDG_CACHE_HOME: folder,
    LC_ALL: 'C.UTF-8',
  });
  return {
    browser,
    close: async () => {
      await close();
      await rm(folder, { recursive: true, force: true });
    },
  };
};
