import type { Edit, LeadState } from 'leadbox';
import { useLeadbox } from 'leadbox/react';
import { useState } from 'react';
import { Field } from './field.tsx';
import { type LeadField, leadFields, textOf } from './lead-fields.ts';

export interface LeadFormProps {
  readonly state: LeadState;
  /** One more edit is being saved, or one less. */
  readonly onSaving: (more: 1 | -1) => void;
  /** An edit is durable. */
  readonly onEdited: (field: LeadField, edit: Edit) => void;
}

/** Every keystroke is an edit, and every field shows the local view: there is no copy of the text anywhere else. */
export function LeadForm({ state, onSaving, onEdited }: LeadFormProps) {
  const leadbox = useLeadbox();
  const [failure, setFailure] = useState<string>();
  const { lead, server } = state;

  return (
    <form className="lead-form" aria-label="Lead" onSubmit={(event) => event.preventDefault()}>
      {leadFields.map((field) => {
        const text = textOf(field.read(lead));
        return (
          <Field
            key={field.name}
            field={field}
            text={text}
            isUnsent={text !== textOf(field.read(server))}
            onEdit={(value) => {
              onSaving(1);
              leadbox
                .edit(lead.id, (draft) => field.write(draft, value))
                .then(
                  (edit) => {
                    setFailure(undefined);
                    onEdited(field, edit);
                  },
                  (error: Error) => setFailure(error.message),
                )
                .finally(() => onSaving(-1));
            }}
          />
        );
      })}
      {failure === undefined ? null : (
        <p className="failure" role="alert">
          This edit could not be saved. {failure}
        </p>
      )}
    </form>
  );
}
