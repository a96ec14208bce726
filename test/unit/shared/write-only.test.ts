import { describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { Manifest } from '../../../contexts/shared/domain/manifest.ts';
import { writeOnlyFields } from '../../../contexts/shared/domain/write-only.ts';

const secret = () => z.string().meta({ writeOnly: true });
const manifestWith = (configuration: z.ZodType) => ({
  name: 'shop',
  title: 'Shop',
  description: 'A shop.',
  subscriptionRequired: false,
  serves: '>=1.0.0 <2',
  versions: [
    {
      version: '1.0.0',
      migrations: { landlord: 0, tenant: 0 },
      tables: { landlord: [], tenant: [] },
      configuration: z.toJSONSchema(configuration, { io: 'input' }),
    },
  ],
});

describe('The write-only fields of a configuration', () => {
  test('are the properties that say so', () => {
    const schema = z.toJSONSchema(z.strictObject({ key: secret(), writeOnly: z.string(), currency: z.string() }));

    expect(writeOnlyFields(schema)).toEqual(['key']);
    expect(writeOnlyFields({ type: 'object' })).toEqual([]);
  });

  test('stand at its top level in a manifest', () => {
    expect(Manifest.safeParse(manifestWith(z.strictObject({ key: secret() }))).success).toBe(true);
  });

  test.each([
    ['in an object', z.strictObject({ provider: z.strictObject({ key: secret() }) })],
    ['in a list', z.strictObject({ keys: z.array(secret()) })],
    ['in one of several shapes', z.strictObject({ key: secret().nullable() })],
    ['in an object that is write-only itself', z.strictObject({ provider: z.strictObject({ key: secret() }).meta({ writeOnly: true }) })],
    ['in further properties', z.looseObject({}).catchall(secret())],
  ])('are refused by name in a manifest where one stands deeper: %s', (_, configuration) => {
    const { error } = Manifest.safeParse(manifestWith(configuration));

    expect(error?.issues).toMatchObject([
      { path: ['versions', 0, 'configuration'], message: 'a writeOnly field stands at the top level of a configuration: move it there' },
    ]);
  });
});
