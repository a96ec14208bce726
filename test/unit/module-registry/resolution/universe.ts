import type {
  ChangeKind,
  ChangeRequest,
  Offer,
  Standing,
  Universe,
} from '../../../../contexts/module-registry/domain/resolution/resolve.ts';

export const at = new Date('2026-06-01T00:00:00Z');
const past = new Date('2026-03-01T00:00:00Z');
const future = new Date('2027-03-01T00:00:00Z');

const statuses: Readonly<Record<string, Pick<Offer, 'status' | 'sunsetAt'>>> = {
  draft: { status: 'draft' },
  withdrawn: { status: 'withdrawn' },
  deprecated: { status: 'deprecated', sunsetAt: future },
  sunset: { status: 'deprecated', sunsetAt: past },
};

/** A version in a line: `calendar 1.0.0 (draft) needs digital_card ^1.0, knows membership ^1.0`; what it knows is optional. */
const offerOf = (line: string): Offer => {
  const { module, version, status, dependencies } =
    /^(?<module>\w+) (?<version>\S+)(?: \((?<status>\w+)\))?(?: (?<dependencies>.*))?$/.exec(line)?.groups ?? {};
  if (module === undefined || version === undefined) throw new Error(`not a version: ${line}`);
  return { module, version, status: 'published', ...statuses[status ?? ''], dependencies: dependenciesOf(dependencies ?? '') };
};

const dependenciesOf = (text: string): Offer['dependencies'] =>
  [...text.matchAll(/(needs|knows) (\w+) ([^,]+)/g)].map(([, word, module = '', range = '']) => ({
    module,
    range,
    optional: word === 'knows',
  }));

export const catalog = (text: string): Universe['offers'] =>
  Map.groupBy(
    text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '')
      .map(offerOf),
    ({ module }) => module,
  );

/** `finance 1.0.0, membership 1.1.0`. */
export const installed = (text: string): readonly Standing[] =>
  pairs(text).map(([module, version]) => {
    if (version === undefined) throw new Error(`${module} stands in which version?`);
    return { module, version };
  });

/** `finance ^1.0, membership`. */
export const request = (kind: ChangeKind, text: string): ChangeRequest => ({
  kind,
  modules: pairs(text).map(([module, range]) => ({ module, ...(range === undefined ? {} : { range }) })),
});

const pairs = (text: string): readonly (readonly [string, string | undefined])[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const [module = '', ...range] = part.split(' ');
      return [module, range.length > 0 ? range.join(' ') : undefined];
    });

export const universe = (offers: string, standing = ''): Universe => ({ offers: catalog(offers), standing: installed(standing), at });
