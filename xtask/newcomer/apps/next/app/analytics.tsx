"use client";

import { pageViews } from "@holloway/browser/autocapture";
import { HollowayProvider, useHolloway } from "@holloway/browser/react";
import { usePathname } from "next/navigation";
import { useEffect, type ReactNode } from "react";

const plugins = [pageViews()];

export function Analytics({ children }: { children: ReactNode }) {
  return (
    <HollowayProvider
      writeKey={process.env.NEXT_PUBLIC_HOLLOWAY_KEY!}
      host={process.env.NEXT_PUBLIC_HOLLOWAY_HOST!}
      plugins={plugins}
    >
      <Views />
      {children}
    </HollowayProvider>
  );
}

/** What many an app has from a recipe for another SDK: a view by hand, beside the automatic one. */
function Views() {
  const hw = useHolloway();
  const pathname = usePathname();
  useEffect(() => hw.page(), [hw, pathname]);
  return null;
}
