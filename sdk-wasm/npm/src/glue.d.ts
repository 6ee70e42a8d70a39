// What the build puts into the package (`build.mjs`).

declare module "holloway:wasm" {
  export const load: () => Promise<import("./core.js").Open>;
}

declare module "holloway:script" {
  export const load: () => Promise<import("./core.js").Open>;
}

declare module "holloway:base64" {
  const deflatedBase64: string;
  export default deflatedBase64;
}

declare module "holloway:wasm2js" {
  export default function instantiate(imports: object): unknown;
}

declare module "holloway:words" {
  export const words: typeof import("./words.js").words;
}

/** Whether this is the build of the `development` condition, which has the words for developers inside. */
declare const DEVELOPMENT: boolean;
