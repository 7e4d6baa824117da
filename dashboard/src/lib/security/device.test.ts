import { expect, test } from 'vitest';
import { describeDevice } from './device.ts';

const apple = 'AppleWebKit/537.36 (KHTML, like Gecko)';

test.each([
  [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${apple} Chrome/141.0.0.0 Safari/537.36`, 'Chrome on Windows'],
  [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${apple} Chrome/141.0 Safari/537.36 Edg/141.0`, 'Edge on Windows'],
  ['Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605 Version/17.5 Safari/605.1.15', 'Safari on Mac'],
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605 Mobile Safari/604.1', 'Safari on iPhone'],
  [`Mozilla/5.0 (Linux; Android 14; Pixel 8) ${apple} Chrome/141.0 Mobile Safari/537.36`, 'Chrome on Android'],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0', 'Firefox on Linux'],
  ['curl/8.5.0', 'curl/8.5.0'],
  ['node', 'node'],
  ['python-requests/2.32 (like nothing)', 'python-requests/2.32'],
  ['', 'Unknown device'],
  [null, 'Unknown device'],
])('%s is told as %s', (userAgent, words) => {
  expect(describeDevice(userAgent)).toBe(words);
});
