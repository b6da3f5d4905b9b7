/**
 * Runs `work`, one run at a time: asked again during a run, it runs once more after it. The result resolves when
 * nothing is left to do. `work` handles its own errors.
 */
export function coalesced(work: () => Promise<void>): () => Promise<void> {
  let again = false;
  let running: Promise<void> | undefined;
  const run = async () => {
    while (again) {
      again = false;
      await work();
    }
    running = undefined;
  };
  return () => {
    again = true;
    running ??= run();
    return running;
  };
}
