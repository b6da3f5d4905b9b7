import type { Durability } from '../contenders/contender.ts';

/** What a peer does not do of a row, or does another way: what the table says beside its figures. */
type Limits = Readonly<Record<string, Readonly<Record<string, string>>>>;

const limits: Limits = {
  rxdb: {
    edit: 'the state of a document, no edit',
    burst: 'the states of the documents, no edits',
    'drain-one': 'remembers what was sent by hundreds; takes no answer in',
    'drain-six': 'remembers what was sent by hundreds; takes no answer in',
    'drain-folded': 'takes no answer in',
    start: 'cannot tell how many edits wait',
    load: 'each lead twice: its state and that of the server',
  },
  tanstack: {
    observe: 'stores the outbox row only',
    edit: 'stores the outbox row only',
    burst: 'stores the outbox rows only, each in a transaction of its own',
    'drain-one': 'takes answers into memory only',
    'drain-six': 'cannot: sends one at a time',
    'drain-folded': 'does not fold: 1,000 requests, one at a time',
    start: 'from the outbox only: no other lead is there; counts all that wait, not those of a lead',
    load: 'into memory only: nothing is stored',
  },
};

export function limitOf(row: string, contender: string, durability: Durability): string {
  if (contender === 'tanstack' && durability === 'strict') return 'cannot: its storage has no such option';
  return limits[contender]?.[row] ?? '';
}

/** Whether a contender sends an edit by itself that others fold into the request of another one. */
export function isFolding(contender: string): boolean {
  return contender !== 'tanstack';
}
