// Dexie says so itself, and cannot be told not to: when a connection is gone without a word, or does not open.
const allowed: readonly unknown[] = ['Dexie: Need to reopen db', 'Dexie: Workaround for Chrome UnknownError on open()'];

/** Reports what is said on the console and rejections that nobody handles, until it ends. */
export function silence(report: (said: string) => void): () => void {
  const said = ['debug', 'error', 'info', 'log', 'trace', 'warn'] as const;
  const methods = said.map((name) => [name, console[name]] as const);
  for (const [name] of methods) {
    console[name] = (...words: unknown[]) => {
      if (!allowed.includes(words[0])) report(`console.${name}: ${words.map(String).join(' ')}`);
    };
  }
  const listeners = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', (error) =>
    report(`unhandled: ${error instanceof Error ? error.stack : String(error)}`),
  );
  return () => {
    process.removeAllListeners('unhandledRejection');
    for (const listener of listeners) process.on('unhandledRejection', listener);
    for (const [name, method] of methods) console[name] = method;
  };
}
