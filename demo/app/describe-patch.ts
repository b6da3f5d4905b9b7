import type { JsonObject, JsonValue, LeadPatch } from 'leadbox';
import { fieldAt, type LeadField, textOf } from './lead-fields.ts';

export interface PatchLine {
  readonly path: readonly string[];
  readonly label: string;
  /** As a field shows it. */
  readonly text: string;
  /** As a text about it shows it. */
  readonly value: string;
  /** The form's field for it, if it has one. */
  readonly field: LeadField | undefined;
}

/** What a patch sets, one line for each field. */
export function describePatch(patch: LeadPatch | JsonObject): readonly PatchLine[] {
  return Object.entries(patch as JsonObject).flatMap(
    (
      [section, value], // a recorded patch went through JSON
    ) =>
      isObject(value)
        ? Object.entries(value).map(([name, inner]) => line([section, name], inner))
        : [line([section], value)],
  );
}

/** What to call a path of a lead. */
export function labelOf(path: readonly string[]): string {
  return fieldAt(path)?.label ?? path.at(-1) ?? 'Lead';
}

function line(path: readonly string[], value: JsonValue): PatchLine {
  const text = textOf(value);
  return { path, label: labelOf(path), text, value: text || 'empty', field: fieldAt(path) };
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
