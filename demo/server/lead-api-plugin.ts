import type { Plugin } from 'vite';
import { middleware } from './middleware.ts';
import { createOrwelProxy } from './orwel-proxy.ts';
import type { Settings } from './settings.ts';
import { createStandIn } from './stand-in.ts';

/** Serves /api/v1 beside the page: a stand-in with invented leads, or with a key the service itself. */
export function leadApiPlugin({ upstream, leads }: Settings): Plugin {
  return {
    name: 'lead-api',
    configurePreviewServer(server) {
      const { api, demo } = upstream ? createOrwelProxy(upstream) : createStandIn(leads);
      server.middlewares.use('/api/v1', middleware(api));
      server.middlewares.use('/demo', middleware(demo));

      const behind = upstream ? `the leads of ${upstream.url}` : `${leads} invented leads`;
      server.printUrls = () => {
        server.config.logger.info(`Leadbox demo with ${behind}: ${server.resolvedUrls?.local[0]}`);
      };
      server.bindCLIShortcuts = () => {};
    },
  };
}
