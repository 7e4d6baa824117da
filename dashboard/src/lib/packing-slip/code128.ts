/** The widths of bars and gaps of each value, in turns and beginning with a bar, in modules (ISO/IEC 15417). */
const patterns =
  '212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222 123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321 232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121 313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224 111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 241112 134111 111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113 114311 411113 411311 113141 114131 311141 411131 211412 211214 211232 2331112'.split(
    ' ',
  );
/** Begins with pairs of digits; from `single` on there are single ones, of which `zero` is the first. */
const pairs = 105;
const single = 100;
const zero = 16;
const stop = 106;

/** Modules that stay white at each side, so that a scanner sees where the bars begin and end. */
const quiet = 10;

export interface Barcode {
  /** In modules, with the white at both sides. */
  width: number;
  bars: { x: number; width: number }[];
}

/**
 * A whole number as Code 128, its digits two by two. It is 1 KB of script; the libraries for barcodes, which know many kinds
 * of them, are 66 and 126 KB.
 */
export function code128(number: number): Barcode {
  const digits = String(number);
  const values = [pairs, ...(digits.match(/\d\d/g) ?? []).map(Number)];
  if (digits.length % 2 === 1) values.push(single, zero + Number(digits.at(-1)));
  const check = values.reduce((sum, value, place) => sum + value * Math.max(place, 1), 0) % 103;
  const bars: Barcode['bars'] = [];
  let x = quiet;
  for (const value of [...values, check, stop]) {
    for (const [place, digit] of (patterns[value] ?? '').split('').entries()) {
      const width = Number(digit);
      if (place % 2 === 0) bars.push({ x, width });
      x += width;
    }
  }
  return { width: x + quiet, bars };
}
