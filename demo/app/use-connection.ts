import { createContext, useContext, useSyncExternalStore } from 'react';
import type { Connection } from './connection.ts';

export const ConnectionContext = createContext<Connection | undefined>(undefined);

export function useConnection(): Connection {
  const connection = useContext(ConnectionContext);
  if (!connection) throw new Error('There is no <ConnectionContext> above this component.');
  return connection;
}

/** Whether requests can leave the page, as far as the switch and the browser know. */
export function useOnLine(): boolean {
  const connection = useConnection();
  return useSyncExternalStore(connection.subscribe, connection.onLine);
}

/** Whether the switch is off. */
export function useIsCut(): boolean {
  const connection = useConnection();
  return useSyncExternalStore(connection.subscribe, connection.isCut);
}
