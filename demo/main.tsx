import './app/base.css';
import './app/layout.css';
import './app/controls.css';
import './app/lead-list.css';
import './app/lead-form.css';
import './app/panels.css';
import { createLeadbox } from 'leadbox';
import { LeadboxProvider } from 'leadbox/react';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/app.tsx';
import { createConnection } from './app/connection.ts';
import { ConnectionContext } from './app/use-connection.ts';

const connection = createConnection();

const leadbox = createLeadbox({
  // Invented leads and those of a service never meet, though both are served at this address.
  name: `leadbox-demo ${import.meta.env.VITE_LEADS_OF}`,
  indexes: ['properties.name', 'properties.status'],
  // Where the server finds that somebody else was quicker, the person at the screen decides.
  onConflict: () => 'ask',
  environment: { fetch: connection.fetch, connectivity: connection },
});

const root = document.getElementById('leadbox-demo');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <ConnectionContext value={connection}>
        <LeadboxProvider leadbox={leadbox}>
          <App />
        </LeadboxProvider>
      </ConnectionContext>
    </StrictMode>,
  );
}

// Without it the demo works too, only a reload then needs the network.
navigator.serviceWorker?.register('/shell-worker.js').catch(() => {});
