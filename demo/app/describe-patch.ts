import type { JsonObject, JsonValue, LeadPatch } from 'leadbox';
import { leadFields, textOf } from './lead-fields.ts';

export interface PatchLine {
  readonly label: string;
  readonly value: string;
}

/** What a patch sets, one line for each field. */
export function describePatch(patch: LeadPatch | JsonObject): readonly PatchLine[] {
  return Object.entries(patch as JsonObject).flatMap(
    (
      [section, value], // a recorded patch went through JSON
    ) => (isObject(value) ? Object.entries(value).map(([name, inner]) => line(name, inner)) : [line(section, value)]),
  );
}

function line(name: string, value: JsonValue): PatchLine {
  const label = leadFields.find((field) => field.name === name)?.label ?? name;
  return { label, value: textOf(value) || 'empty' };
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
