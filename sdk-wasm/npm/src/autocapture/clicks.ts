// Clicks on what can be clicked, links that lead away, files. The click itself is never held up.

import { listen } from "../listener.js";
import type { Plugin } from "../options.js";
import { DECLARED, describe, linkOf, meantBy, targetOf } from "./click.js";
import type { ClickOptions } from "./click.js";

const FILE =
  /\.(pdf|(xls|doc|ppt)x?|pps|txt|rtf|csv|exe|key|pkg|dmg|7z|rar|gz|zip|avi|mov|mp[34]|mpe?g|midi?|wav|wm[av])$/i;

/** The event that the page itself declares on an element. */
const declared = (element: Element): Record<string, string> => {
  const properties: Record<string, string> = {};
  for (const { name, value } of element.attributes) {
    const key = name.split("data-holloway-prop-")[1];
    if (key) properties[key] = value;
  }
  return properties;
};

/** `Element Clicked` or the declared event, `Outbound Link Clicked` and `File Downloaded`. */
export const clicks = (options: ClickOptions = {}): Plugin => ({
  name: "clicks",
  setup(_, host) {
    listen<MouseEvent>("click auxclick", (event) => {
      // The context menu is no click.
      if (event.button > 1) return;
      const target = targetOf(event, options);
      const element = target && meantBy(target, options);
      if (!element) return;
      const properties = describe(element, event, options);
      if (!event.button) {
        if (element.matches(DECLARED)) host.track(element.getAttribute("data-holloway-event")!, declared(element));
        else host.track("Element Clicked", properties);
      }
      const link = linkOf(element);
      if (!link) return;
      const file = FILE.exec(link.pathname);
      if (file || link.matches("[download]")) {
        host.track("File Downloaded", { ...properties, extension: file?.[1]!.toLowerCase() });
      } else if (link.host != location.host) {
        host.track("Outbound Link Clicked", properties);
      }
    });
  },
});
