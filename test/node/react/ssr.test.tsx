import type { ReactNode } from 'react';
import { renderToString } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { createLeadbox } from '../../../src/index.ts';
import { LeadboxProvider, useLead, useLeads, useSyncStatus } from '../../../src/react.ts';
import { leadId } from '../../builders/a-lead.ts';

function Page(): ReactNode {
  const given = [useLead(leadId(0)), useLeads((leads) => leads.limit(10)), useSyncStatus()];
  return <p>{given.every((value) => value === undefined) ? 'Loading' : 'Leads'}</p>;
}

describe('R56 on a server', () => {
  it('there are none of the globals of a browser, which is what these tests are about', () => {
    for (const name of ['window', 'document', 'indexedDB', 'IDBKeyRange']) expect(globalThis).not.toHaveProperty(name);
  });

  it('a page is rendered as it is while leads are loading', async () => {
    const leadbox = createLeadbox({ name: 'on-a-server' });
    const html = renderToString(
      <LeadboxProvider leadbox={leadbox}>
        <Page />
      </LeadboxProvider>,
    );
    expect(html).toBe('<p>Loading</p>');
    await leadbox.close();
  });

  it('rendering subscribes to nothing, so that nothing is left behind when the page is sent', () => {
    const leadbox = createLeadbox();
    let subscriptions = 0;
    const watched = {
      ...leadbox,
      observe: (id: string) => counted(leadbox.observe(id)),
      observeAll: () => counted(leadbox.observeAll()),
      observeStatus: () => counted(leadbox.observeStatus()),
    };
    function counted<O extends object>(observable: O): O {
      return {
        ...observable,
        subscribe() {
          subscriptions += 1;
        },
      };
    }
    renderToString(
      <LeadboxProvider leadbox={watched}>
        <Page />
      </LeadboxProvider>,
    );
    expect(subscriptions).toBe(0);
  });

  it('hooks outside of a provider are a mistake that names the provider', () => {
    expect(() => renderToString(<Page />)).toThrow('<LeadboxProvider');
  });
});
