/** What happens to a request. */
export type Fate =
  | 'answered'
  /** Lost on its way there. */
  | 'lost'
  /** Applied, and the answer is lost. */
  | 'answer-lost'
  /** Applied, and the body of the answer ends in the middle. */
  | 'cut'
  /** Arrives twice before it is answered. */
  | 'doubled'
  /** Never answered; it may arrive, up to the end of its journey. */
  | 'hang'
  /** An answer with this status, and nothing is applied. */
  | '500'
  | '503'
  | '425'
  | '429'
  | '401'
  /** Somebody on the way stopped waiting: it may still arrive. */
  | '504'
  | '408'
  /** A captive portal or a proxy answers. */
  | 'page'
  | 'empty'
  | 'redirect'
  /** The answer is of another lead. */
  | 'other-lead';
