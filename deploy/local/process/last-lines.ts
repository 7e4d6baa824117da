import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** The last `count` non-empty lines of a file, oldest first; only its last 16 KiB are looked at. */
export const lastLines = (file: string, count: number): string[] => {
  const descriptor = openSync(file, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const buffer = Buffer.alloc(Math.min(size, 16_384));
    readSync(descriptor, buffer, 0, buffer.length, size - buffer.length);
    const lines = buffer.toString('utf8').split('\n');
    return lines.filter((line) => line.trim() !== '').slice(-count);
  } finally {
    closeSync(descriptor);
  }
};
