/** Whether a benchmark is one of many, and measures for a shorter time; the file is where its figures go. */
export const figuresFile = process.env.BENCH_FIGURES;
export const isShort = figuresFile !== undefined;
