import type { Dice } from './dice.ts';
import type { FakeResponse } from './fake-response.ts';
import type { Server } from './server.ts';

/** What happens to a request. */
export type Fate =
  | 'answered'
  /** Lost on its way there. */
  | 'lost'
  /** Applied, and the answer is lost. */
  | 'answer-lost'
  /** Applied, and the body of the answer ends in the middle. */
  | 'cut'
  /** Arrives twice before it is answered. */
  | 'doubled'
  /** Never answered; it may arrive, up to the end of its journey. */
  | 'hang'
  /** An answer with this status, and nothing is applied. */
  | '500'
  | '503'
  | '425'
  | '429'
  | '401'
  /** Somebody on the way stopped waiting: it may still arrive. */
  | '504'
  | '408'
  /** A captive portal or a proxy answers. */
  | 'page'
  | 'empty'
  | 'redirect'
  /** The answer is of another lead. */
  | 'other-lead';

/** The ways a request may go. */
export interface Ways {
  readonly dice: Dice;
  readonly server: Server;
  readonly leadId: string;
  /** What the server said when the request arrived. */
  readonly answer: () => FakeResponse;
  readonly arriveSoon: (then?: () => void) => void;
  readonly arriveAgain: (then: () => void) => void;
  readonly arriveLate: () => void;
  readonly fail: () => void;
  readonly reply: (response: () => FakeResponse, isDefinite?: boolean) => void;
}

/** Has a request meet its fate. */
export function meet(fate: Fate, ways: Ways): void {
  const { dice, server, leadId, answer } = ways;
  const status = (code: number) => () => ({ status: code, text: `{"error":"status_${code}"}` });
  const limited = (): FakeResponse => {
    const seconds = dice.chance(0.6) ? dice.pick([1, 20, 90]) : undefined;
    if (seconds === undefined) return status(429)();
    return { ...status(429)(), headers: { 'Retry-After': String(seconds) }, wait: seconds * 1_000 };
  };
  const served = () => ways.reply(answer, true);
  const fails = (code: number) => () => ways.reply(status(code));
  const mayDoItsWork = (code: number) => () => {
    // It may have done its work before it failed.
    if (dice.chance(0.3)) ways.arriveSoon(fails(code));
    else fails(code)();
  };
  const givenUp = (code: number) => () => {
    ways.arriveLate();
    fails(code)();
  };
  const meetings: Readonly<Record<Fate, () => void>> = {
    answered: () => ways.arriveSoon(served),
    lost: ways.fail,
    'answer-lost': () => ways.arriveSoon(ways.fail),
    cut: () =>
      ways.arriveSoon(() => {
        const isCut = dice.chance(0.5);
        const text = answer().text.slice(0, answer().text.length >> 1);
        // What the body asks for is cut off with it.
        const wait = answer().headers && answer().wait;
        // A refusal is known by its status.
        ways.reply(() => ({ ...answer(), text, isCut, wait }), !isCut && answer().status >= 400);
      }),
    doubled: () => ways.arriveSoon(() => ways.arriveAgain(served)),
    hang() {
      if (dice.chance(0.7)) ways.arriveLate();
    },
    '504': givenUp(504),
    '408': givenUp(408),
    '429': () => ways.reply(limited),
    page: () => ways.reply(() => ({ status: 200, text: '<html>Sign in</html>' })),
    empty: () => ways.reply(() => ({ status: dice.pick([200, 204]), text: '' })),
    redirect: () => ways.reply(() => ({ status: 0, text: '', type: 'opaqueredirect' })),
    'other-lead': () =>
      ways.arriveSoon(() => {
        const other = server.leads().find(({ id }) => id !== leadId);
        ways.reply(() => ({ status: 200, text: JSON.stringify({ data: other }) }));
      }),
    '500': mayDoItsWork(500),
    '503': mayDoItsWork(503),
    '425': fails(425),
    '401': fails(401),
  };
  meetings[fate]();
}
