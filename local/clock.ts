/**
 * The one clock of the embedded cloud: real time plus an offset in shared memory, so that every worker thread and every
 * endpoint moves with it. Timers are not moved: whoever waits compares with `now()` from time to time.
 */
export interface LocalClock {
  readonly now: () => Date;
  /** Moves time forward, for everyone who shares the buffer. */
  readonly advance: (milliseconds: number) => void;
  /** One signed 64-bit integer, the offset in milliseconds; read it with `Atomics.load(new BigInt64Array(buffer), 0)`. */
  readonly buffer: SharedArrayBuffer;
}

export const makeClock = (buffer = new SharedArrayBuffer(8)): LocalClock => {
  const offset = new BigInt64Array(buffer);
  return {
    now: () => new Date(Date.now() + Number(Atomics.load(offset, 0))),
    advance: (milliseconds) => {
      Atomics.add(offset, 0, BigInt(Math.round(milliseconds)));
    },
    buffer,
  };
};
