import { describe, expect, it, vi } from 'vitest';
import type { LeadboxEvent } from '../../../src/index.ts';
import { createEvents } from '../../../src/observe/events.ts';

const warning: LeadboxEvent = { type: 'warning', code: 'storage-not-persistent', message: 'It may be deleted.' };
const parked: LeadboxEvent = { type: 'parked', leadId: 'x', seq: 1, reason: 'gone' };

describe('events', () => {
  it('are printed where nobody listens: warnings, each once, and nothing else', () => {
    const warn = vi.fn();
    const tell = createEvents(undefined, { warn }, vi.fn());
    for (const event of [parked, warning, warning]) tell(event);
    expect(warn.mock.calls).toEqual([['It may be deleted.']]);
  });

  it('go to the app and are not printed; what it throws is reported and disturbs nothing', () => {
    const failure = new Error('of the app');
    const [warn, report] = [vi.fn(), vi.fn()];
    const onEvent = vi.fn(() => {
      throw failure;
    });
    const tell = createEvents(onEvent, { warn }, report);
    tell(warning);
    tell(parked);
    expect(onEvent.mock.calls).toEqual([[warning], [parked]]);
    expect(report.mock.calls).toEqual([[failure], [failure]]);
    expect(warn).not.toHaveBeenCalled();
  });
});
