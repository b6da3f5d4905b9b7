import { type Context, createContext, createElement, type ReactElement, type ReactNode, useContext } from 'react';
import type { Leadbox } from '../contract.ts';
import type { OpenSections, SectionSchemas } from '../model/lead.ts';

export interface LeadboxProviderProps {
  /** Created by the app, outside of components: it outlives every mount, StrictMode's double ones included. */
  readonly leadbox: Leadbox<SectionSchemas> | Leadbox;
  readonly children?: ReactNode;
}

const LeadboxContext: Context<Leadbox | undefined> = createContext<Leadbox | undefined>(undefined);

/** Gives a leadbox to the hooks below it. Neither creates nor closes it. */
export function LeadboxProvider({ leadbox, children }: LeadboxProviderProps): ReactElement {
  // Of React 18 only the Provider provides. The schemas only narrow what sections hold; the hooks take them as a type parameter.
  return createElement(LeadboxContext.Provider, { value: leadbox as Leadbox }, children);
}

/**
 * The leadbox of the nearest provider. Throws an Error where there is none.
 * `S` is the type of the schemas that it was created with.
 */
export function useLeadbox<S extends SectionSchemas = OpenSections>(): Leadbox<S> {
  const leadbox = useContext(LeadboxContext);
  if (!leadbox) throw new Error('There is no <LeadboxProvider leadbox={…}> above this component.');
  return leadbox as unknown as Leadbox<S>; // S narrows what the sections of this very leadbox hold
}
