'use client'; // where there are server components, hooks belong to the browser's

export { useLead, useLeads, useSyncStatus } from './react/hooks.ts';
export { LeadboxProvider, type LeadboxProviderProps, useLeadbox } from './react/provider.ts';
