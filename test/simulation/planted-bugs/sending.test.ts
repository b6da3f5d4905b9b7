import { findsBugs } from './finds-bugs.ts';

// Mistakes in what is sent, and in what an answer is taken for.
findsBugs([
  {
    name: 'sends without the lock',
    changes: [
      {
        file: 'src/replay/sole-sender.ts',
        find: 'await (locks ? locks',
        replace: 'await (!locks ? (locks as never as LockManager)',
      },
    ],
    caughtBy: [4],
  },
  {
    name: 'drops an edit on 503',
    changes: [
      {
        file: 'src/api/outcome.ts',
        find: 'status < 400 || status >= 500 ||',
        replace: 'status < 400 || (status >= 500 && status !== 503) ||',
      },
      {
        file: 'src/model/settle.ts',
        find: '    return { ...settled, ...parkRows(',
        replace: '    if (answer.status === 503) return settled;\n    return { ...settled, ...parkRows(',
      },
    ],
    caughtBy: [1, 9],
  },
  {
    name: 'trusts an empty 200',
    changes: [
      {
        file: 'src/api/outcome.ts',
        find: '  if (lead) return',
        replace: "  if (lead || (status === 200 && text === '')) return",
      },
      {
        file: 'src/model/settle.ts',
        find: 'const { lead, etag } = answer;',
        replace: 'const { lead = applyToLead(base, patch), etag } = answer;',
      },
      {
        file: 'src/api/lead-api.ts',
        find: "if (outcome.kind === 'acknowledged') etags",
        replace: "if (outcome.kind === 'acknowledged' && outcome.lead) etags",
      },
    ],
    caughtBy: [1, 9],
  },
  {
    name: 'orders by the clock',
    changes: [
      {
        file: 'src/storage/lead-records.ts',
        find: "outbox.where('leadId', id).toArray()",
        replace:
          "outbox.where('leadId', id).toArray().then((rows) => rows.sort((a, b) => (a.madeAt < b.madeAt ? -1 : 1)))",
      },
    ],
    caughtBy: [2, 6],
  },
  {
    name: 'sends no idempotency key',
    changes: [
      {
        file: 'src/api/lead-api.ts',
        find: 'if (options.idempotencyHeader) headers',
        replace: 'if (options.idempotencyHeader && !id) headers',
      },
    ],
    caughtBy: [9],
  },
  {
    name: 'sends each batch twice',
    changes: [
      {
        file: 'src/replay/replay.ts',
        find: 'send: (batch) => host.send(batch, lost as AbortSignal),',
        replace:
          'send: (batch) => host.send(batch, lost as AbortSignal).then(() => host.send(batch, lost as AbortSignal)),',
      },
    ],
    caughtBy: [10],
  },
]);
