// What the build puts into the package (`build.mjs`).

declare module "holloway:wasm" {
  const deflatedBase64: string;
  export default deflatedBase64;
}

declare module "holloway:script" {
  export default function instantiate(imports: object): unknown;
}
