import type { Environment } from '../environment.ts';
import type { LeadboxEvent } from '../model/status.ts';

/**
 * Tells the app what happened. Without `onEvent` only warnings are said, each once, by the environment's `warn`; what
 * `onEvent` throws goes to `reportError` and disturbs nothing.
 */
export function createEvents(
  onEvent: ((event: LeadboxEvent) => void) | undefined,
  { warn }: Pick<Environment, 'warn'>,
  reportError: (error: unknown) => void,
): (event: LeadboxEvent) => void {
  const said = new Set<string>();
  return (event) => {
    try {
      if (onEvent) return onEvent(event);
      if (event.type !== 'warning' || said.has(event.code)) return;
      said.add(event.code);
      warn(event.message);
    } catch (error) {
      reportError(error);
    }
  };
}
