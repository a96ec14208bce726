export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly durationMs: number;
}

export interface Health {
  readonly status: 'ok' | 'failing';
  readonly checks: readonly Check[];
}

/** Each part that can be asked whether it answers; rejects when it does not. */
export type Probes = Readonly<Record<string, () => Promise<unknown>>>;

export interface HealthPorts {
  readonly probes: Probes;
  /** Milliseconds that only grow. */
  readonly elapsedMs: () => number;
  /** Told why a probe failed; the answer, which everybody may read, does not say it. */
  readonly onFailed: (name: string, error: unknown) => void;
}

const keptMs = 10_000;
const probeTimeoutMs = 5_000;

/**
 * Whether the service is well. The deep answer is kept for ten seconds: everybody may ask, and each question costs requests to
 * the parts.
 */
export const makeCheckHealth = (ports: HealthPorts) => {
  let kept: { readonly health: Promise<Health>; readonly untilMs: number } | undefined;
  return async ({ deep }: { readonly deep: boolean }): Promise<Health> => {
    if (!deep) return { status: 'ok', checks: [] };
    if (kept === undefined || ports.elapsedMs() >= kept.untilMs) kept = { health: probeAll(ports), untilMs: ports.elapsedMs() + keptMs };
    return kept.health;
  };
};

const probeAll = async (ports: HealthPorts): Promise<Health> => {
  const checks = await Promise.all(Object.entries(ports.probes).map(([name, probe]) => check(ports, name, probe)));
  return { status: checks.every(({ ok }) => ok) ? 'ok' : 'failing', checks };
};

const check = async ({ elapsedMs, onFailed }: HealthPorts, name: string, probe: () => Promise<unknown>): Promise<Check> => {
  const startedAt = elapsedMs();
  const ok = await inTime(probe).then(
    () => true,
    (error: unknown) => {
      onFailed(name, error);
      return false;
    },
  );
  return { name, ok, durationMs: Math.round(elapsedMs() - startedAt) };
};

const inTime = async (probe: () => Promise<unknown>): Promise<void> => {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no answer in ${probeTimeoutMs} ms`)), probeTimeoutMs);
  try {
    await Promise.race([probe(), late.promise]);
  } finally {
    clearTimeout(timer);
  }
};
