/** Nearest-rank percentile of the samples, in their unit. */
export const percentile = (samples: readonly number[], p: number): number => {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((p / 100) * sorted.length) - 1)] ?? Number.NaN;
};

export const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
};

export const repeat = async (times: number, work: (index: number) => Promise<unknown>): Promise<readonly number[]> => {
  const samples: number[] = [];
  for (let index = 0; index < times; index += 1) samples.push(await timed(() => work(index)));
  return samples;
};
