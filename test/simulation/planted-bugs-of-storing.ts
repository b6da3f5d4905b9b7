import type { PlantedBug } from './planted-bugs.ts';

/** Mistakes in what is left behind: on the device, or in the objects that all code of a page shares. */
export const bugsOfStoring: readonly PlantedBug[] = [
  {
    name: 'keeps the request that was refused, its headers too',
    changes: [
      {
        file: 'src/api/lead-api.ts',
        find: "      if (outcome.kind === 'acknowledged') etags.note",
        replace:
          "      const told = typeof options.headers === 'function' ? await options.headers() : options.headers;\n      if (outcome.kind === 'refused') return { ...outcome, message: JSON.stringify(told) };\n      if (outcome.kind === 'acknowledged') etags.note",
      },
    ],
    caughtBy: [13],
  },
  {
    name: 'merges into what every object inherits',
    changes: [
      {
        file: 'src/model/merge-patch.ts',
        find: 'const old = getOwn(before, key);',
        replace: 'const old = before[key];',
      },
      {
        file: 'src/model/merge-patch.ts',
        find: 'if (after === before) after = { ...before };',
        replace: 'if (after === before && before !== (Object.prototype as unknown)) after = { ...before };',
      },
    ],
    caughtBy: [13],
  },
];
