export { useLead, useLeads, useSyncStatus } from './react/hooks.ts';
export { LeadboxProvider, type LeadboxProviderProps, useLeadbox } from './react/provider.ts';
