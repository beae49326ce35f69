// `gasline/webhook`: what a receiver needs.
export type { EventData, EventType, Project, Source, TownTags } from '../contract.ts';
export { WebhookError, type WebhookErrorCode } from './error.ts';
export type { VerifyOptions, WebhookEvent, WebhookHeaders } from './types.ts';
export { verify } from './verify.ts';
