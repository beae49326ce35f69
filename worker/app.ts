// Every route of the relay, one a line, with the scope it needs.
import { Hono, type Context } from 'hono';

import { Unopened } from './access/cipher.ts';
import { inPath, needs, needsOperator, needsRoot, refusesRelays } from './api/auth.ts';
import * as budgets from './api/budgets.ts';
import type { Api } from './api/context.ts';
import { getArchive } from './api/archive.ts';
import { getPart } from './api/archive-part.ts';
import { getAllAttempts, getAttempt, getAttempts, getEvent, getEventAttempts } from './api/attempts.ts';
import * as endpoints from './api/endpoints.ts';
import { getEvents, postEvents } from './api/events.ts';
import { getExport } from './api/export.ts';
import { getHealth } from './api/health.ts';
import { getStream, offeredToken } from './api/live.ts';
import { deleteInbound, getInbound, postInbound } from './api/inbound.ts';
import { postHeard, postPublished } from './api/inbound-post.ts';
import * as mail from './api/mail.ts';
import { matchEndpoint, matchFilter } from './api/match.ts';
import { postMcp, refusesPages } from './api/mcp.ts';
import { methodsOf } from './api/methods.ts';
import { problem, refuse } from './api/problem.ts';
import { getPull, postAck } from './api/pull.ts';
import { getRepricing, getRepricings, postRepricing } from './api/repricings.ts';
import { replayEndpoint } from './api/replay.ts';
import { getRetention, putRetention } from './api/retention.ts';
import { getReconciliation } from './api/reconcile.ts';
import { getSession, getSessionEvents, getSessions } from './api/sessions.ts';
import { deleteBook, deleteRule, getPrices, getRules, postRule, putBook } from './api/prices.ts';
import { getSources } from './api/sources.ts';
import { getReady, getTeam, getTeams, patchTeam, postReseal, postTeam, postTeamToken } from './api/teams.ts';
import { getEventTypes, testEndpoint } from './api/test-event.ts';
import { deleteToken, getTokens, postToken } from './api/tokens.ts';
import { getUsage } from './api/usage.ts';

export const app = new Hono<Api>();

/** A plugin reads its agent's mail with the token that it posts with, and whoever may read all may read this. */
const MAILBOX = ['ingest', 'read'] as const;

app.use('*', refusesRelays());
// A relay without its secrets would sign with nothing: it serves nobody until it has them.
app.use('/v1/*', needsOperator());

app.get('/healthz', (c) => c.json({ status: 'ok' }));
app.get('/readyz', getReady);

app.post('/v1/events', needs('ingest'), postEvents);
app.get('/v1/events', needs('read'), getEvents);
app.get('/v1/stream', needs('read', offeredToken), getStream);
app.get('/v1/events/:id', needs('read'), getEvent);
app.get('/v1/events/:id/attempts', needs('read'), getEventAttempts);
app.get('/v1/event-types', needs('read'), getEventTypes);
app.get('/v1/sessions', needs('read'), getSessions);
app.get('/v1/sessions/:id', needs('read'), getSession);
app.get('/v1/sessions/:id/events', needs('read'), getSessionEvents);
app.get('/v1/usage', needs('read'), getUsage);
app.get('/v1/export', needs('read'), getExport);
app.get('/v1/archive', needs('read'), getArchive);
app.get('/v1/archive/:team/:part', needs('read'), getPart);
app.get('/v1/prices', needs('read'), getPrices);
app.get('/v1/prices/rules', needs('read'), getRules);
app.post('/v1/prices/rules', needs('admin'), postRule);
app.delete('/v1/prices/rules/:id', needs('admin'), deleteRule);
app.put('/v1/prices/book', needs('admin'), putBook);
app.delete('/v1/prices/book', needs('admin'), deleteBook);
app.post('/v1/prices/reprice', needs('admin'), postRepricing);
app.get('/v1/prices/repricings', needs('read'), getRepricings);
app.get('/v1/prices/repricings/:id', needs('read'), getRepricing);
app.get('/v1/reconcile', needs('read'), getReconciliation);
app.get('/v1/sources', needs('read'), getSources);
app.get('/v1/team', needs('read'), getTeam);
app.patch('/v1/team', needs('admin'), patchTeam);

app.get('/v1/budgets', needs('read'), budgets.getBudgets);
app.post('/v1/budgets', needs('admin'), budgets.postBudget);
app.get('/v1/budgets/:id', needs('read'), budgets.getBudget);
app.patch('/v1/budgets/:id', needs('admin'), budgets.patchBudget);
app.delete('/v1/budgets/:id', needs('admin'), budgets.deleteBudget);

app.get('/v1/endpoints', needs('read'), endpoints.getEndpoints);
app.post('/v1/endpoints', needs('admin'), endpoints.postEndpoint);
app.post('/v1/endpoints/match', needs('read'), matchFilter);
app.get('/v1/endpoints/:id', needs('read'), endpoints.getEndpoint);
app.patch('/v1/endpoints/:id', needs('admin'), endpoints.patchEndpoint);
app.delete('/v1/endpoints/:id', needs('admin'), endpoints.deleteEndpoint);
app.post('/v1/endpoints/:id/match', needs('read'), matchEndpoint);
app.post('/v1/endpoints/:id/enable', needs('admin'), endpoints.setState('enabled'));
app.post('/v1/endpoints/:id/disable', needs('admin'), endpoints.setState('disabled'));
app.post('/v1/endpoints/:id/test', needs('admin'), testEndpoint);
app.post('/v1/endpoints/:id/rotate', needs('admin'), endpoints.rotateEndpoint);
app.post('/v1/endpoints/:id/replay', needs('admin'), replayEndpoint);
app.get('/v1/endpoints/:id/events', needs('read'), getPull);
app.post('/v1/endpoints/:id/ack', needs('read'), postAck);
app.get('/v1/attempts', needs('read'), getAllAttempts);
app.get('/v1/endpoints/:id/attempts', needs('read'), getAttempts);
app.get('/v1/endpoints/:id/attempts/:attempt', needs('read'), getAttempt);

app.get('/v1/health', needs('read'), getHealth);

app.post('/v1/mail', needs('ingest'), mail.postMail);
app.get('/v1/mail', needs(MAILBOX), mail.getMails);
app.post('/v1/mail/lease', needs(MAILBOX), mail.postLease);
app.post('/v1/mail/ack', needs(MAILBOX), mail.postMailAck);
app.post('/v1/mail/release', needs(MAILBOX), mail.postRelease);
app.get('/v1/mail/threads/:id', needs(MAILBOX), mail.getThread);
app.get('/v1/mail/:id', needs(MAILBOX), mail.getMail);
app.post('/v1/mail/:id/read', needs(MAILBOX), mail.markMail('read'));
app.post('/v1/mail/:id/unread', needs(MAILBOX), mail.markMail('unread'));

app.post('/mcp', needsOperator(), refusesPages(), needs(MAILBOX), postMcp(askOurselves));

app.get('/v1/inbound', needs('admin'), getInbound);
app.post('/v1/inbound', needs('admin'), postInbound);
app.delete('/v1/inbound/:id', needs('admin'), deleteInbound);
app.post('/v1/in/:kind/:secret', needs('inbound', inPath), postHeard);
app.post('/v1/in/gc-extmsg/:secret/publish', needs('inbound', inPath), postPublished);

app.get('/v1/retention', needs('read'), getRetention);
app.put('/v1/retention', needs('admin'), putRetention);

app.get('/v1/tokens', needs('admin'), getTokens);
app.post('/v1/tokens', needs('admin'), postToken);
app.delete('/v1/tokens/:id', needs('admin'), deleteToken);

app.get('/v1/teams', needsRoot(), getTeams);
app.post('/v1/teams', needsRoot(), postTeam);
app.post('/v1/teams/:team/tokens', needsRoot(), postTeamToken);
app.post('/v1/reseal', needsRoot(), postReseal);

app.notFound((c) => {
  const methods = methodsOf(c.req.path, app.routes);
  const asked = `${c.req.method} ${c.req.path.slice(0, 120)}`;
  if (methods.length === 0) return problem(c, refuse('not-found', `there is no route ${asked}`));
  c.header('allow', methods.join(', '));
  return problem(c, refuse('method-not-allowed', `there is no route ${asked}: use ${methods.join(', ')}`));
});

const COUNTED: RateLimit = { limit: async () => ({ success: true }) };

/** What a tool asks goes through all that any request does but the rate limit, which has counted the call of the tool. */
async function askOurselves(c: Context<Api>, request: Request): Promise<Response> {
  return app.fetch(request, { ...c.env, RATE_LIMIT: COUNTED }, c.executionCtx);
}

app.onError((error, c) => {
  if (error instanceof Unopened) {
    const detail =
      'it is sealed under a secret that the operator has no more: give the endpoint its url anew, and rotate it';
    return problem(c, refuse('sealed', detail));
  }
  // A fault of ours: it is worth a try later, and its text is for our log alone.
  console.error(error);
  return problem(c, refuse('unavailable', 'try again in a few seconds', 5));
});
