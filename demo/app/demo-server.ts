import type { JsonObject } from 'leadbox';

/**
 * What only the stand-in server can do, for showing what happens to an app. It bypasses the page's switch: this is not
 * the app speaking, it is the world changing.
 */
export const demoServer = {
  /** Whether there is a stand-in to play with; rejects without a network. */
  async isStandIn(): Promise<boolean> {
    return (await fetch('/demo')).ok;
  },
  /** Someone else edits the lead; gives their patch. */
  async otherRepEdits(id: string): Promise<JsonObject> {
    const answer = await post('other-rep', { id });
    return ((await answer.json()) as { patch: JsonObject }).patch; // the demo's own server
  },
  /** What the next `times` edits meet instead of the server's answer. */
  async fail(fault: number | 'lost-answer', times = 1): Promise<void> {
    await post('fault', { fault, times });
  },
  async delay(milliseconds: number): Promise<void> {
    await post('latency', { milliseconds });
  },
};

async function post(action: string, body: JsonObject): Promise<Response> {
  const answer = await fetch(`/demo/${action}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`The stand-in answered ${answer.status}.`);
  return answer;
}
