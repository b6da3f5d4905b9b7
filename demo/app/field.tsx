import { type ChangeEvent, type FormEvent, useId } from 'react';
import { type FieldValue, type LeadField, statuses } from './lead-fields.ts';

export interface FieldProps {
  readonly field: LeadField;
  readonly text: string;
  /** The server does not have this text yet. */
  readonly isUnsent: boolean;
  readonly onEdit: (value: FieldValue) => void;
}

export function Field({ field, text, isUnsent, onEdit }: FieldProps) {
  const id = useId();
  const controls = {
    id,
    value: text,
    autoComplete: 'off',
    onChange: ({ target }: ChangeEvent<HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement>) =>
      onEdit(editedValue(field, target.value)),
  };
  return (
    <div className="field" data-field={field.name} data-unsent={isUnsent}>
      <label htmlFor={id}>{field.label}</label>
      {field.kind === 'notes' ? (
        <textarea {...controls} rows={5} />
      ) : field.kind === 'status' ? (
        <select {...controls}>
          {(statuses as readonly string[]).includes(text) ? null : <option>{text}</option>}
          {statuses.map((status) => (
            <option key={status}>{status}</option>
          ))}
        </select>
      ) : field.kind === 'number' ? (
        <input {...controls} inputMode="numeric" maxLength={9} onBeforeInput={refuseOtherThanDigits} />
      ) : (
        <input {...controls} type={field.kind} />
      )}
    </div>
  );
}

/** An emptied field is cleared. */
function editedValue({ kind }: LeadField, text: string): FieldValue {
  if (kind === 'number') {
    const digits = text.replace(/\D/g, '');
    return digits === '' ? null : Number(digits);
  }
  return text === '' ? null : text;
}

/** Refused before it is in the field: taken out afterwards, the caret would jump. */
function refuseOtherThanDigits(event: FormEvent<HTMLInputElement>): void {
  const { data } = event.nativeEvent as InputEvent; // what the browser calls this event
  if (data !== null && /\D/.test(data)) event.preventDefault();
}
