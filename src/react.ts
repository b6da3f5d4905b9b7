export { LeadboxProvider, type LeadboxProviderProps, useLeadbox } from './react/provider.ts';
export { useLead, useLeads, useSyncStatus } from './react/hooks.ts';
