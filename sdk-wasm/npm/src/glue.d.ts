// What wasm-bindgen generates from `sdk-wasm/src/lib.rs`; the two must agree.

declare module "holloway:wasm" {
  const deflatedBase64: string;
  export default deflatedBase64;
}

declare module "holloway:glue" {
  export interface Page {
    random(): number;
    append(chunk: number, record: string): boolean;
    read(token: number, chunk: number): void;
    remove(chunk: number): void;
    save(state: string): boolean;
    wipe(): void;
    send(token: number, body: string, bytes: number, leaving: boolean): number;
    wake(waitMs: number): void;
    diagnose(kind: number, first: number, second: number): void;
    identity(anonymousId: string, userId: string): void;
  }
  export class Core {
    constructor(
      page: Page,
      writeKey: string,
      flushAt: number,
      flushIntervalMs: number,
      consent: number,
      anonymousId: string,
      state: string,
      stateCopy: string,
      context: string,
      unixMs: number,
      monoMs: number,
    );
    call(
      kind: number,
      name: string,
      body: string,
      messageId: string,
      timestampUnixMs: number,
      context: string,
      integrations: string,
      unixMs: number,
      monoMs: number,
    ): void;
    input(kind: number, unixMs: number, monoMs: number): void;
    adopt(chunk: number, bytes: number, events: number, unixMs: number, monoMs: number): void;
    read_done(token: number, records: string, unixMs: number, monoMs: number): void;
    http_done(
      token: number,
      status: number,
      retryAfter: string,
      body: string,
      unixMs: number,
      monoMs: number,
    ): void;
    waiting(): number;
  }
  export function __wbg_set_wasm(exports: WebAssembly.Exports): void;
}
