import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { freePort } from './start-demo.ts';

test('npm start builds the demo, serves it, and prints one line that says where', async () => {
  const port = await freePort();
  const started = spawn('npm', ['start'], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    env: { ...process.env, PORT: String(port), LEADS: '7' },
    detached: true, // a group of its own, so that what npm starts ends with it
  });
  try {
    let printed = '';
    started.stdout.on('data', (chunk) => {
      printed += chunk;
    });
    const url = `http://127.0.0.1:${port}/`;
    await expect.poll(() => printed, { timeout: 50_000 }).toContain(url);
    const own = printed.split('\n').filter((line) => line !== '' && !line.startsWith('>'));
    expect(own).toEqual([`Leadbox demo with 7 invented leads: ${url}`]);
    expect(await (await fetch(url)).text()).toContain('Leadbox demo');
    const page = (await (await fetch(`${url}api/v1/leads`)).json()) as { pagination: { total: number } };
    expect(page.pagination.total).toBe(7);
  } finally {
    if (started.pid !== undefined) process.kill(-started.pid);
  }
});
