import { expect, test } from '@jest/globals';
import { planted, plants } from './plants.ts';

test.each(plants)('$name still fits the code that it breaks', (plant) => {
  expect(planted(plant).size).toBeGreaterThan(0);
});
