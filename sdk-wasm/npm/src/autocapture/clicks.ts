// Clicks on what can be clicked, links that lead away, files. The click itself is never held up.

import type { Plugin } from "../options.js";
import { isMasked } from "../element.js";
import { DECLARED, describe, linkOf, meantBy, targetOf } from "./click.js";
import type { ClickOptions } from "./click.js";
import { listen } from "./listener.js";

const FILE =
  /\.(pdf|xlsx?|docx?|pptx?|pps|txt|rtf|csv|exe|key|pkg|dmg|7z|rar|gz|zip|avi|mov|mp4|mpeg|wmv|midi|mp3|wav|wma)$/i;

/** The event that the page itself declares on an element. */
const declared = (element: Element): Record<string, string> => {
  const properties: Record<string, string> = {};
  for (const { name, value } of element.attributes) {
    if (/^data-holloway-prop-./.test(name)) properties[name.slice(19)] = value;
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
      const found = linkOf(element);
      if (!found) return;
      const { link, url } = found;
      const file = FILE.exec(url.pathname);
      if (file || link.hasAttribute("download")) {
        host.track("File Downloaded", { ...properties, extension: isMasked(link) ? undefined : file?.[1]?.toLowerCase() });
      } else if (url.host != location.host) {
        host.track("Outbound Link Clicked", properties);
      }
    });
  },
});
