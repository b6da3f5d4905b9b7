/** What the database in memory consists of, as far as a life has to reach into it. */
export interface FakeDatabase {
  processTransactions: () => void;
  connections: readonly FakeConnection[];
  readonly transactions: readonly FakeTransaction[];
  readonly rawObjectStores: ReadonlyMap<
    string,
    { readonly records: { values(): Iterable<{ readonly key: unknown; readonly value: unknown }> } }
  >;
}

export interface FakeConnection extends IDBDatabase {
  readonly _rawDatabase: FakeDatabase;
  _closePending: boolean;
  _closed: boolean;
}

export interface FakeTransaction extends IDBTransaction {
  _started: boolean;
  readonly _state: string;
  readonly _requests: readonly { readonly request: IDBRequest }[];
  _start(): void;
  _abort(error: string): void;
}

export interface FakeFactory extends IDBFactory {
  readonly _databases: ReadonlyMap<string, FakeDatabase>;
}
