// The one thing that verify throws. The code is for programs and never changes; the message is for people and may.
export type WebhookErrorCode =
  /** One of the three `webhook-…` headers is not there, or stands there twice. */
  | 'header-missing'
  | 'header-duplicate'
  | 'timestamp-malformed'
  /** Sent longer ago, or from further in the future, than the tolerance allows: a replay, or a clock that is wrong. */
  | 'timestamp-old'
  | 'timestamp-future'
  /** No `v1,…` or `v1a,…` can be read from the header. */
  | 'signature-malformed'
  /** None of the signatures was made over this message with one of the keys. */
  | 'signature-mismatch'
  /** Not the raw body: most often JSON that a framework has parsed already. */
  | 'body-type'
  /** Signed, and yet not a JSON object. */
  | 'body-malformed'
  /** The receiver's own fault: a key that is none. */
  | 'key-malformed';

export class WebhookError extends Error {
  override readonly name = 'WebhookError';
  readonly code: WebhookErrorCode;

  constructor(code: WebhookErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
