import type { Environment } from '../environment.ts';
import type { LeadboxEvent } from '../model/status.ts';

/**
 * Tells the app what happened; of warnings each once. Without `onEvent` warnings are said by the environment's `warn`;
 * what `onEvent` throws goes to `reportError` and disturbs nothing.
 */
export function createEvents(
  onEvent: ((event: LeadboxEvent) => void) | undefined,
  { warn }: Pick<Environment, 'warn'>,
  reportError: (error: unknown) => void,
): (event: LeadboxEvent) => void {
  const said = new Set<string>();
  return (event) => {
    try {
      if (event.type === 'warning') {
        if (said.has(event.code)) return;
        said.add(event.code);
        if (!onEvent) warn(event.message);
      }
      onEvent?.(event);
    } catch (error) {
      reportError(error);
    }
  };
}
