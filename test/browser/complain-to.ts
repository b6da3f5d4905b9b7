/** Puts everything that a page prints, and every error that nobody handled, into `complaints`. */
export function complainTo(complaints: string[], page: Window): void {
  const { console } = page as Window & typeof globalThis; // a window's own global object
  for (const method of ['debug', 'log', 'info', 'warn', 'error', 'trace'] as const) {
    console[method] = (...given: readonly unknown[]) =>
      void complaints.push(`${method}: ${given.map(String).join(' ')}`);
  }
  page.addEventListener('error', ({ message }) => complaints.push(`uncaught: ${message}`));
  page.addEventListener('unhandledrejection', ({ reason }) => complaints.push(`unhandled: ${reason}`));
}
