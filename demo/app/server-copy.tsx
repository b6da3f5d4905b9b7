import type { LeadState } from 'leadbox';
import { clockTime } from './clock-time.ts';
import { leadFields, textOf } from './lead-fields.ts';
import { Panel } from './panel.tsx';
import { useOnLine } from './use-connection.ts';
import { useServerLead } from './use-server-lead.ts';

/** The server's lead beside the local view, field by field. It comes by plain HTTP, not out of the cache. */
export function ServerCopy({ state }: { readonly state: LeadState }) {
  const onLine = useOnLine();
  const seen = useServerLead(state.lead.id, state.server.updated_at);
  return (
    <Panel title="What the server has">
      <p className="server-seen">
        {seen
          ? `Seen at ${clockTime(seen.at)}${onLine ? ', looked at every 4 seconds' : ' – no connection since'}`
          : onLine
            ? 'Asking the server…'
            : 'Not seen since the page was opened: there is no connection.'}
      </p>
      <table className="server-copy" data-old={!onLine}>
        <thead>
          <tr>
            <th scope="col">Field</th>
            <th scope="col">On this device</th>
            <th scope="col">On the server</th>
          </tr>
        </thead>
        <tbody>
          {leadFields.map((field) => {
            const here = textOf(field.read(state.lead));
            const there = seen && textOf(field.read(seen.lead));
            return (
              <tr key={field.name} data-field={field.name} data-differs={there !== undefined && here !== there}>
                <th scope="row">
                  {field.label}
                  {there === undefined || here === there ? null : <span className="unseen"> differs</span>}
                </th>
                <td>{here || '–'}</td>
                <td>{there === undefined ? '?' : there || '–'}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Panel>
  );
}
