export type { Leadbox, Outbox } from './contract.ts';
export type { Clock, Environment } from './environment.ts';
export type { PullOptions } from './fill/fill-cache.ts';
export { createLeadbox } from './leadbox.ts';
export type { SignOutOptions } from './leave/sign-out.ts';
export type { FieldChange } from './model/changes.ts';
export type {
  Conflict,
  Edit,
  LeadState,
  ParkedEdit,
  ParkReason,
  PendingEdit,
  Resolution,
  Settlement,
} from './model/edit.ts';
export type { JsonObject, JsonValue } from './model/json.ts';
export type { DraftLead, Lead, LeadPatch, MutableJson, OpenSections, SectionSchemas } from './model/lead.ts';
export {
  errorBodySchema,
  leadAnswerSchema,
  leadPageSchema,
  leadPatchSchema,
  leadSchema,
} from './model/lead-schema.ts';
export { isLeadboxError, LeadboxError, type LeadboxErrorCode } from './model/leadbox-error.ts';
export type { LeadboxEvent, SyncResult, SyncStatus, WaitingFor } from './model/status.ts';
export type { Observable, Observer, Subscription } from './observe/observable.ts';
export type { LeadboxOptions } from './options.ts';
export type { ExportedEdit, OutboxExport } from './storage/outbox-transfer.ts';
export type { LeadQuery, LeadTable } from './storage/read-leads.ts';
