import { useLeadbox } from 'leadbox/react';
import { useEffect, useState } from 'react';
import { demoServer } from './demo-server.ts';
import { describePatch } from './describe-patch.ts';
import { Panel } from './panel.tsx';

/** Makes the world misbehave. Only where the stand-in serves; a real server is nothing to play with. */
export function TryIt({ id }: { readonly id: string }) {
  const leadbox = useLeadbox();
  const [isStandIn, setIsStandIn] = useState(true);
  const [isSlow, setIsSlow] = useState(false);
  const [told, setTold] = useState('');

  useEffect(() => {
    demoServer.isStandIn().then(setIsStandIn, () => {}); // no network: asked again with the next lead
  }, []);
  if (!isStandIn) return null;

  const doing = (run: () => Promise<string>) => () => {
    run().then(setTold, () => setTold('The stand-in server cannot be reached.'));
  };
  const otherRepEdits = async () => {
    const patch = await demoServer.otherRepEdits(id);
    const lines = describePatch(patch).map(({ label, value }) => `${label}: ${value}`);
    const isHere = await leadbox.refresh(id).then(
      () => true,
      () => false,
    );
    return `Another rep set ${lines.join('; ')}. ${isHere ? 'This device knows.' : 'This device will hear of it later.'}`;
  };
  const fail = async (fault: number | 'lost-answer', times: number, words: string) => {
    await demoServer.fail(fault, times);
    return words;
  };
  const slow = async (milliseconds: number) => {
    await demoServer.delay(milliseconds);
    setIsSlow(milliseconds > 0);
    return milliseconds > 0 ? 'Every answer takes two seconds now.' : 'Answers come at once again.';
  };

  return (
    <Panel title="Try it">
      <div className="try-it">
        <button type="button" onClick={doing(otherRepEdits)}>
          Another rep edits this lead
        </button>
        <button
          type="button"
          onClick={doing(() => fail(503, 2, 'The next two requests with edits will be answered 503.'))}
        >
          Server answers 503 to the next 2
        </button>
        <button
          type="button"
          onClick={doing(() => fail('lost-answer', 1, 'The next edit will arrive, but its answer gets lost.'))}
        >
          Lose the next answer
        </button>
        <button type="button" onClick={doing(() => fail(422, 1, 'The next edit will be refused and kept here.'))}>
          Refuse the next edit (422)
        </button>
        <button
          type="button"
          onClick={doing(() =>
            fail(409, 1, 'With the next edit another rep will have been quicker in the same field.'),
          )}
        >
          Be second in the same field (409)
        </button>
        <button type="button" onClick={doing(() => fail(429, 1, 'The server will ask the next edit to come later.'))}>
          Ask for a pause (429)
        </button>
        <button type="button" onClick={doing(() => fail(401, 1, 'The next edit will find the session expired.'))}>
          Expire the session (401)
        </button>
        <button type="button" aria-pressed={isSlow} onClick={doing(() => slow(isSlow ? 0 : 2_000))}>
          Slow server
        </button>
      </div>
      <p className="told" role="status">
        {told}
      </p>
    </Panel>
  );
}
