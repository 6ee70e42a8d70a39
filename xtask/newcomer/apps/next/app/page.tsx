import { init } from "@holloway/browser";
import Link from "next/link";

import { Buy } from "./buy";

// On a server there is no page: this client records nothing, and importing the package does nothing.
const hw = init({ writeKey: "server", host: "https://events.example.com" });

export default function Home() {
  hw.track("Rendered On The Server");
  return (
    <main>
      <h1>Shop</h1>
      <Buy />
      <Link href="/about">About</Link>
    </main>
  );
}
