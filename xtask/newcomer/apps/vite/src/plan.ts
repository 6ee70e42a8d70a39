// The events of this app, as a team writes them down.

export interface SignedUp {
  readonly plan: "free" | "pro";
  readonly source?: string | undefined;
}

export interface Plan {
  "Signed Up": SignedUp;
  "Product Added": { readonly sku: string; readonly price: number };
}
