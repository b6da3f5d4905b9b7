import './own-platform.ts';
import { expect, it } from 'vitest';
import * as library from '../../src/index.ts';
import { simulate } from './simulate.ts';

it('R1 R15 R16 R17 R23 R25 whatever happens to a device, no edit is lost, doubled, overtaken or shown older than it was', async () => {
  for (let seed = 1; seed <= 5; seed++) expect((await simulate(seed, library)).broken).toBeUndefined();
});
