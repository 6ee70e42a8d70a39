import type { ReactNode } from "react";

import { Analytics } from "./analytics";

export const metadata = { title: "Shop", icons: { icon: "data:," } };

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>
        <Analytics>{children}</Analytics>
      </body>
    </html>
  );
}
