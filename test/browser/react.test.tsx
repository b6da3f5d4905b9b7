import { Component, type ReactNode, StrictMode, useState } from 'react';
import { hydrateRoot } from 'react-dom/client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { userEvent } from 'vitest/browser';
import { render } from 'vitest-browser-react';
import type { Lead, Leadbox, LeadboxOptions, LeadState, Observable, SyncStatus } from '../../src/index.ts';
import { LeadboxProvider, useLead, useLeadbox, useLeads, useSyncStatus } from '../../src/react.ts';
import { aLead, leadId, someLeads } from '../builders/a-lead.ts';
import { aLeadbox, aName, patiently } from './a-page.ts';
import { aServer } from './a-server.ts';
import { demandSilence } from './silence.ts';

const id = leadId(0);
const unsent = { autoSync: false };

demandSilence();

async function aLoadedLeadbox(
  options: LeadboxOptions = unsent,
  leads: readonly Lead[] = someLeads(3),
): Promise<Leadbox> {
  const leadbox = aLeadbox(options);
  await leadbox.load(leads);
  return leadbox;
}

/** What a hook gave at each render. */
function aProbe<P extends object, T>(use: (props: P) => T) {
  const given: T[] = [];
  function Probe(props: P): null {
    given.push(use(props));
    return null;
  }
  return { given, Probe };
}

describe('useLead', () => {
  it('gives undefined while the lead is read, and then the lead', async () => {
    const leadbox = await aLoadedLeadbox();
    const { given, Probe } = aProbe(() => useLead(id));
    await render(<Probe />, { wrapper: within(leadbox) });
    await expect.poll(() => given.at(-1), patiently).toMatchObject({ lead: { id }, pending: 0 });
    expect(given[0]).toBeUndefined();
    expect(given).toHaveLength(2);
  });

  it('gives null for a lead that is not cached, and the lead once it is', async () => {
    const leadbox = aLeadbox(unsent);
    const { given, Probe } = aProbe(() => useLead(id));
    await render(<Probe />, { wrapper: within(leadbox) });
    await expect.poll(() => given, patiently).toEqual([undefined, null]);
    await leadbox.load([aLead()]);
    await expect.poll(() => given.at(-1), patiently).toMatchObject({ lead: { id } });
    expect(given).toHaveLength(3);
  });

  it('shows an edit at once, and R58 the same object until the next change', async () => {
    const leadbox = await aLoadedLeadbox();
    const { given, Probe } = aProbe(() => useLead(id));
    const screen = await render(<Probe />, { wrapper: within(leadbox) });
    await expect.poll(() => given.length, patiently).toBe(2);
    await leadbox.patch(id, { properties: { score: 90 } });
    await expect.poll(() => given.at(-1), patiently).toMatchObject({ pending: 1, lead: { properties: { score: 90 } } });
    const last = given.at(-1);
    await screen.rerender(<Probe />);
    expect(given.at(-1)).toBe(last);
  });

  it('never shows one lead under the id of another when the id changes', async () => {
    const leadbox = await aLoadedLeadbox();
    const wrong: unknown[] = [];
    const { given, Probe } = aProbe<{ of: string }, LeadState | undefined | null>(({ of }) => {
      const state = useLead(of);
      if (state && state.lead.id !== of) wrong.push([of, state.lead.id]);
      return state;
    });
    const screen = await render(<Probe of={id} />, { wrapper: within(leadbox) });
    for (const of of [leadId(1), leadId(2), leadId(0), leadId(1)]) {
      await screen.rerender(<Probe of={of} />);
      await expect.poll(() => given.at(-1)?.lead.id, patiently).toBe(of);
    }
    expect(wrong).toEqual([]);
    await leadbox.patch(id, { properties: { score: 90 } });
    expect(given.at(-1)?.lead.id).toBe(leadId(1));
  });

  it('R58 is not disturbed by an edit of another lead', async () => {
    const leadbox = await aLoadedLeadbox();
    const first = aProbe(() => useLead(leadId(0)));
    const second = aProbe(() => useLead(leadId(1)));
    await render(
      <>
        <first.Probe />
        <second.Probe />
      </>,
      { wrapper: within(leadbox) },
    );
    await expect.poll(() => [first.given.at(-1), second.given.at(-1)], patiently).toMatchObject([{}, {}]);
    const renders = first.given.length;
    await leadbox.patch(leadId(1), { properties: { score: 90 } });
    await expect.poll(() => second.given.at(-1), patiently).toMatchObject({ pending: 1 });
    expect(first.given).toHaveLength(renders);
  });

  it('ends its subscription when it is unmounted, and renders no more', async () => {
    const leadbox = await aLoadedLeadbox();
    const watched = countingSubscriptions(leadbox);
    const lead = aProbe(() => useLead(id));
    const leads = aProbe(() => useLeads());
    const status = aProbe(() => useSyncStatus());
    const screen = await render(
      <StrictMode>
        <lead.Probe />
        <leads.Probe />
        <status.Probe />
      </StrictMode>,
      { wrapper: within(watched.leadbox) },
    );
    const probes = [lead, leads, status];
    await expect.poll(() => probes.every(({ given }) => given.at(-1) !== undefined), patiently).toBe(true);
    expect(watched.open()).toBe(3);
    await screen.unmount();
    expect(watched.open()).toBe(0);
    const renders = probes.map(({ given }) => given.length);
    await leadbox.patch(id, { properties: { score: 90 } });
    await leadbox.get(id);
    expect(probes.map(({ given }) => given.length)).toEqual(renders);
  });
});

describe('useLeads', () => {
  it('gives undefined, then the leads of the query, and the same objects for what did not change', async () => {
    const leadbox = await aLoadedLeadbox();
    const { given, Probe } = aProbe(() => useLeads((leads) => leads.limit(2)));
    await render(<Probe />, { wrapper: within(leadbox) });
    await expect.poll(() => given.at(-1)?.map((lead) => lead.id), patiently).toEqual([leadId(0), leadId(1)]);
    expect(given[0]).toBeUndefined();
    const before = given.at(-1);
    await leadbox.patch(leadId(1), { properties: { score: 90 } });
    await expect.poll(() => given.at(-1)?.[1], patiently).toMatchObject({ properties: { score: 90 } });
    expect(given.at(-1)?.[0]).toBe(before?.[0]);
  });

  it('asks anew when a dependency changes, and shows the old result until the new one is there', async () => {
    const leadbox = aLeadbox({ indexes: ['source'], ...unsent });
    await leadbox.load([aLead(), aLead({ id: leadId(1), source: 'referral' })]);
    const { given, Probe } = aProbe<{ source: string }, readonly Lead[] | undefined>(({ source }) =>
      useLeads((leads) => leads.where('source').equals(source), [source]),
    );
    const screen = await render(<Probe source="website" />, { wrapper: within(leadbox) });
    await expect.poll(() => given.at(-1)?.map((lead) => lead.id), patiently).toEqual([leadId(0)]);
    await screen.rerender(<Probe source="referral" />);
    await expect.poll(() => given.at(-1)?.map((lead) => lead.id), patiently).toEqual([leadId(1)]);
    expect(given.slice(1)).not.toContain(undefined);
  });
});

describe('useSyncStatus', () => {
  it('R57 follows an edit from the device to the server', async () => {
    const server = await aServer({ leads: someLeads(3) });
    const leadbox = await aLoadedLeadbox({ baseUrl: server.baseUrl, ...unsent });
    const { given, Probe } = aProbe(() => useSyncStatus());
    await render(<Probe />, { wrapper: within(leadbox) });
    const latest = (): SyncStatus | undefined => given.at(-1);
    await expect.poll(latest, patiently).toMatchObject({ state: 'synced', pending: 0 });
    await leadbox.patch(id, { properties: { score: 90 } });
    await expect.poll(latest, patiently).toMatchObject({ state: 'waiting', waitingFor: 'sync-call', pending: 1 });
    await leadbox.sync();
    await expect.poll(latest, patiently).toMatchObject({ state: 'synced', pending: 0 });
  });
});

describe('R3 an input that shows the local view', () => {
  function City(): ReactNode {
    const state = useLead(id);
    if (!state) return <p>…</p>;
    return <CityInput city={String(state.lead.location?.city)} />;
  }

  let edit: (city: string) => void;

  function CityInput({ city }: { readonly city: string }): ReactNode {
    return <input aria-label="City" value={city} onChange={({ target }) => edit(target.value)} />;
  }

  it.each([
    ['while nothing is sent', { offline: true }],
    ['while answers arrive', { latency: 1 }],
  ])('keeps its caret in the middle of the text when someone types fast, %s', async (_, conditions) => {
    const server = await aServer({ leads: [aLead()] });
    await server.set(conditions);
    const leadbox = await aLoadedLeadbox({ baseUrl: server.baseUrl }, [aLead()]);
    const edits: Promise<unknown>[] = [];
    edit = (city) => {
      edits.push(
        leadbox.edit(id, ({ location }) => {
          location.city = city;
        }),
      );
    };
    const screen = await render(
      <StrictMode>
        <City />
      </StrictMode>,
      { wrapper: within(leadbox) },
    );
    await expect.element(screen.getByLabelText('City')).toHaveValue('San Francisco');
    const input = screen.getByLabelText('City').element() as HTMLInputElement; // an input, as City has it
    input.focus();
    input.setSelectionRange(4, 4);
    const typed = 'abcdefghijklmnopqrstuvwxyz0123456789';
    for (let at = 0; at < typed.length; at += 6) {
      await userEvent.keyboard(typed.slice(at, at + 6));
      // Someone else changes the lead meanwhile: what is typed stays.
      await server.change(id, { location: { country: `Country ${at}` } });
      expect([input.value, input.selectionStart]).toEqual([`San ${typed.slice(0, at + 6)}Francisco`, 10 + at]);
    }
    await userEvent.keyboard('{Backspace}{Backspace}');
    expect([input.value, input.selectionStart, input.selectionEnd]).toEqual([
      `San ${typed.slice(0, -2)}Francisco`,
      38,
      38,
    ]);
    await Promise.all(edits);
    expect(edits).toHaveLength(38);
    await server.set({ offline: false, latency: 0 });
    await expect.poll(() => leadbox.status(), patiently).toMatchObject({ state: 'synced' });
    await expect.element(screen.getByLabelText('City')).toHaveValue(`San ${typed.slice(0, -2)}Francisco`);
    expect([input.selectionStart, document.activeElement]).toEqual([38, input]);
    expect(await server.lead(id)).toMatchObject({ location: { city: input.value } });
  });
});

describe('LeadboxProvider', () => {
  it('R39 StrictMode mounts twice and leaves one subscription, and no request too many', async () => {
    const server = await aServer({ leads: [aLead()] });
    const watched = countingSubscriptions(await aLoadedLeadbox({ baseUrl: server.baseUrl }, [aLead()]));
    const { given, Probe } = aProbe(() => useLead(id));
    await render(
      <StrictMode>
        <LeadboxProvider leadbox={watched.leadbox}>
          <Probe />
        </LeadboxProvider>
      </StrictMode>,
    );
    await expect.poll(() => given.at(-1), patiently).toMatchObject({ lead: { id } });
    expect(watched.open()).toBe(1);
    const { settled } = await watched.leadbox.patch(id, { properties: { score: 90 } });
    expect(await settled).toMatchObject({ outcome: 'synced' });
    expect(await server.requests()).toHaveLength(1);
  });

  it('R39 a leadbox that StrictMode made and threw away sends nothing twice, and hides nothing', async () => {
    const server = await aServer({ leads: [aLead()] });
    const made: Leadbox[] = [];
    const { given, Probe } = aProbe(() => useLead(id));
    const options = { name: aName(), baseUrl: server.baseUrl };
    function App(): ReactNode {
      const [leadbox] = useState(() => {
        const own = aLeadbox(options);
        made.push(own);
        return own;
      });
      return (
        <LeadboxProvider leadbox={leadbox}>
          <Probe />
        </LeadboxProvider>
      );
    }
    await render(
      <StrictMode>
        <App />
      </StrictMode>,
    );
    expect(made).toHaveLength(2);
    const [one, other] = made as [Leadbox, Leadbox]; // as just expected
    await one.load([aLead()]);
    const edits = [await one.patch(id, { properties: { a: 1 } }), await other.patch(id, { properties: { b: 2 } })];
    for (const { settled } of edits) expect(await settled).toMatchObject({ outcome: 'synced' });
    await expect
      .poll(() => given.at(-1), patiently)
      .toMatchObject({ pending: 0, lead: { properties: { a: 1, b: 2 } } });
    const sent = (await server.patches()).map(({ text }) => text);
    expect(new Set(sent).size).toBe(sent.length);
    expect(await server.lead(id)).toMatchObject({ properties: { a: 1, b: 2 } });
  });

  it('keeps what is pending when it is mounted anew with the same leadbox, as hot reloading does', async () => {
    const leadbox = await aLoadedLeadbox();
    const { given, Probe } = aProbe(() => useLead(id));
    const screen = await render(
      <LeadboxProvider key="before" leadbox={leadbox}>
        <Probe />
      </LeadboxProvider>,
    );
    await expect.poll(() => given.at(-1), patiently).toMatchObject({ pending: 0 });
    await leadbox.patch(id, { properties: { score: 90 } });
    given.length = 0;
    await screen.rerender(
      <LeadboxProvider key="after" leadbox={leadbox}>
        <Probe />
      </LeadboxProvider>,
    );
    await expect.poll(() => given.at(-1), patiently).toMatchObject({ pending: 1, lead: { properties: { score: 90 } } });
    await leadbox.patch(id, { properties: { score: 91 } });
    await expect.poll(() => given.at(-1), patiently).toMatchObject({ pending: 2, lead: { properties: { score: 91 } } });
  });

  it('R56 takes over what a server rendered, without a mismatch, and then shows the lead', async () => {
    const leadbox = await aLoadedLeadbox();
    function Page(): ReactNode {
      const state = useLead(id);
      return <p>{state ? state.lead.code : 'Loading'}</p>;
    }
    const container = document.createElement('div');
    document.body.append(container);
    container.innerHTML = '<p>Loading</p>';
    const complaints: unknown[] = [];
    const root = hydrateRoot(
      container,
      <LeadboxProvider leadbox={leadbox}>
        <Page />
      </LeadboxProvider>,
      { onRecoverableError: (error) => complaints.push(error) },
    );
    onTestFinished(() => {
      root.unmount();
      container.remove();
    });
    await expect.poll(() => container.textContent, patiently).toBe('lead_001');
    expect(complaints).toEqual([]);
  });

  it('follows another leadbox when the user changes', async () => {
    const [first, second] = [await aLoadedLeadbox(), await aLoadedLeadbox(unsent, [aLead({ code: 'theirs' })])];
    const { given, Probe } = aProbe(() => useLead(id));
    const screen = await render(
      <LeadboxProvider leadbox={first}>
        <Probe />
      </LeadboxProvider>,
    );
    await expect.poll(() => given.at(-1)?.lead.code, patiently).toBe('lead_001');
    await screen.rerender(
      <LeadboxProvider leadbox={second}>
        <Probe />
      </LeadboxProvider>,
    );
    await expect.poll(() => given.at(-1)?.lead.code, patiently).toBe('theirs');
  });

  it('shows nothing of the one before, not even for a moment, in a list', async () => {
    const [first, second] = [await aLoadedLeadbox(), await aLoadedLeadbox(unsent, [aLead({ code: 'theirs' })])];
    const { given, Probe } = aProbe(() => [useLeadbox(), useLeads()?.map(({ code }) => code)] as const);
    const screen = await render(
      <LeadboxProvider leadbox={first}>
        <Probe />
      </LeadboxProvider>,
    );
    await expect.poll(() => given.at(-1)?.[1], patiently).toContain('lead_001');
    await screen.rerender(
      <LeadboxProvider leadbox={second}>
        <Probe />
      </LeadboxProvider>,
    );
    await expect.poll(() => given.at(-1)?.[1], patiently).toEqual(['theirs']);
    const ofSecond = given.filter(([leadbox]) => leadbox === second).map(([, codes]) => codes);
    expect(ofSecond.filter((codes) => codes?.includes('lead_001'))).toEqual([]);
  });

  it('that is missing is a mistake that names the provider', async () => {
    const { Probe } = aProbe(() => useLead(id));
    const caught: unknown[] = [];
    await render(
      <Boundary>
        <Probe />
      </Boundary>,
      { createRootOptions: { onCaughtError: (error) => caught.push(error) } },
    );
    expect(caught).toMatchObject([{ message: expect.stringContaining('<LeadboxProvider') }]);
  });
});

describe('R69 an error of the storage', () => {
  it.each([
    ['useLead', () => useLead(id)],
    ['useLeads', () => useLeads()],
    ['useSyncStatus', () => useSyncStatus()],
  ])('reaches the nearest error boundary (%s)', async (_, use: () => unknown) => {
    const leadbox = aLeadbox({ environment: { indexedDB: undefined } });
    const { Probe } = aProbe(use);
    const caught: unknown[] = [];
    const screen = await render(
      <Boundary>
        <Probe />
      </Boundary>,
      { wrapper: within(leadbox), createRootOptions: { onCaughtError: (error) => caught.push(error) } },
    );
    await expect.element(screen.getByText('storage-unavailable')).toBeInTheDocument();
    expect(caught).toMatchObject([{ code: 'storage-unavailable' }]);
  });

  it('can be recovered from: the boundary that tries again shows the lead', async () => {
    const storage: { indexedDB: IDBFactory | undefined } = { indexedDB: undefined };
    const leadbox = aLeadbox({
      ...unsent,
      environment: {
        get indexedDB() {
          return storage.indexedDB;
        },
      },
    });
    const { given, Probe } = aProbe(() => useLead(id));
    function Page(): ReactNode {
      const [attempt, setAttempt] = useState(0);
      return (
        <>
          <button type="button" onClick={() => setAttempt(attempt + 1)}>
            Try again
          </button>
          <Boundary key={attempt}>
            <Probe />
          </Boundary>
        </>
      );
    }
    const screen = await render(<Page />, {
      wrapper: within(leadbox),
      createRootOptions: { onCaughtError: () => {} },
    });
    await expect.element(screen.getByText('storage-unavailable')).toBeInTheDocument();
    storage.indexedDB = indexedDB;
    await leadbox.load([aLead()]);
    await screen.getByText('Try again').click();
    await expect.poll(() => given.at(-1), patiently).toMatchObject({ lead: { id } });
  });
});

function within(leadbox: Leadbox) {
  return ({ children }: { readonly children: ReactNode }) => (
    <LeadboxProvider leadbox={leadbox}>{children}</LeadboxProvider>
  );
}

class Boundary extends Component<{ readonly children: ReactNode }, { readonly code?: string }> {
  override state: { readonly code?: string } = {};

  static getDerivedStateFromError(error: { readonly code?: string }) {
    return { code: error.code ?? 'error' };
  }

  override render() {
    return this.state.code === undefined ? this.props.children : <p>{this.state.code}</p>;
  }
}

/** The same leadbox, and how many subscriptions it has. */
function countingSubscriptions(leadbox: Leadbox): { readonly leadbox: Leadbox; open(): number } {
  let open = 0;
  const counted = <T,>(observable: Observable<T>): Observable<T> => ({
    ...observable,
    subscribe(observer) {
      const subscription = observable.subscribe(observer);
      open += 1;
      return {
        unsubscribe() {
          if (!subscription.closed) open -= 1;
          subscription.unsubscribe();
        },
        get closed() {
          return subscription.closed;
        },
      };
    },
  });
  return {
    leadbox: {
      ...leadbox,
      observe: (leadId) => counted(leadbox.observe(leadId)),
      observeAll: (query) => counted(leadbox.observeAll(query)),
      observeStatus: () => counted(leadbox.observeStatus()),
    },
    open: () => open,
  };
}
