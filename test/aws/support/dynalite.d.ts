declare module 'dynalite' {
  import type { Server } from 'node:http';

  /** DynamoDB in memory. @param options.createTableMs how long a table takes to become active */
  export default function dynalite(options: { readonly createTableMs: number }): Server;
}
