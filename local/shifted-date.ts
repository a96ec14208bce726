/** Makes `Date` of this thread tell the shared clock's time. Timers are not moved by it. */
export const shiftDate = (clock: SharedArrayBuffer): void => {
  const offset = new BigInt64Array(clock);
  const RealDate = globalThis.Date;
  const now = (): number => RealDate.now() + Number(Atomics.load(offset, 0));
  globalThis.Date = new Proxy(RealDate, {
    apply: () => new RealDate(now()).toString(),
    construct: (target, given: unknown[], newTarget) => Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget),
    get: (target, property, receiver) => (property === 'now' ? now : Reflect.get(target, property, receiver)),
  });
};
