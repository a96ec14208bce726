/** A tenant asks more often than its plan allows: 429 with Retry-After. Nothing was done. */
export class TooManyRequests extends Error {
  override readonly name = 'TooManyRequests';
  readonly retryAfterSeconds: number;
  constructor(retryAfterSeconds: number) {
    super(`the tenant’s requests of this minute are used up; send the request again in ${retryAfterSeconds} seconds`);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
