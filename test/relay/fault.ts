/**
 * What a team under test meets with its archive or its deliveries from now on, until it crashes of it, or how many bytes it seems to
 * hold. Crashes end its object without notice:
 * before a part is written, once it is, or when a query finds a row.
 */
export type Fault =
  | 'none'
  | 'unbound'
  | 'refuses'
  | 'loses'
  | 'damages'
  | 'crash before'
  | 'crash after'
  | 'cannot deliver'
  | 'never delivers'
  | { readonly crashWhen: string }
  | { readonly stored: number };
