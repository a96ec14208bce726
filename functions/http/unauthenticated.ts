/** No verified token, or one without the claims that say who it is: 401. The gateway's authorizer refuses first, as a rule. */
export class Unauthenticated extends Error {
  override readonly name = 'Unauthenticated';
}
