import { expect, it } from 'vitest';
import { libraryWithBug } from './library-with-bug.ts';

it('says so when what a bug changes is no longer there', async () => {
  const changes = [{ file: 'src/model/settle.ts', find: 'no such line', replace: '' }];
  await expect(libraryWithBug({ name: 'no bug', changes })).rejects.toThrow('0 places like this');
});
