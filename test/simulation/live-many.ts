import { failure } from './failure.ts';
import { simulate } from './simulate.ts';
import * as library from './the-library.ts';

// Lives the seeds from `first` below `end`, and says after each what went wrong, if anything did.
const [first = 1, end = 2] = process.argv.slice(2).map(Number);
for (let seed = first; seed < end; seed++) {
  process.send?.({ seed, failed: failure(await simulate(seed, library)) });
}
