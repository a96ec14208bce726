import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { place } from '../../../local/place.ts';

const parent = mkdtempSync(join(tmpdir(), 'module-registry-place-'));
afterAll(() => rmSync(parent, { recursive: true, force: true }));

const holding = (text: string) => async (part: string) => {
  mkdirSync(part);
  writeFileSync(join(part, 'file'), text);
};

describe('A folder that several processes make', () => {
  test('stays as the fastest has placed it, since somebody may be reading it', async () => {
    const folder = join(parent, 'made');
    await place(folder, holding('first'));
    await place(folder, holding('second'));
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('first');
    expect(readdirSync(parent)).toEqual(['made']);
  });

  test('is not there at all when making it fails', async () => {
    const folder = join(parent, 'failed');
    await expect(
      place(folder, async (part) => {
        await holding('half')(part);
        throw new Error('full');
      }),
    ).rejects.toThrow('full');
    expect(readdirSync(parent)).not.toContain('failed');
  });
});
