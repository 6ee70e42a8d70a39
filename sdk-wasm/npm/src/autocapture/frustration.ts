// Clicks of visitors who do not get what they want.

import { nearest } from "../element.js";
import { listen } from "../listener.js";
import type { Plugin } from "../options.js";
import { describe, linkOf, meantBy, targetOf } from "./click.js";
import type { ClickOptions } from "./click.js";
import { watchReactions } from "./reaction.js";

export interface FrustrationOptions extends ClickOptions {
  /** A click is dead when nothing happened for so many milliseconds: 2,500. */
  readonly deadMs?: number | undefined;
  /** Whether `Error Clicked` has the error's message, which may hold anything: false. */
  readonly errorMessage?: boolean | undefined;
}

/** Clicks this close in time are one burst, and an error this soon after a click is its fault. */
const SOON_MS = 1_000;
const BURST_CLICKS = 3;
const BURST_PX = 30;

/** Clicked many times on purpose. */
const STEPPER = /^\s*[^\w\s]\s|\b(next|prev\w*|plus|minus|(in|de)cr\w*)\b/i;
/** What answers, if it does, where this page cannot see it. */
const SILENT =
  "canvas,video,audio,select,textarea,label,input:not([type=submit],[type=button]),a[download],a[target],a[href*=':']:not([href^=http],[href^=javascript])";

const isStepper = (element: Element) =>
  element.matches("input") ||
  STEPPER.test([element.textContent!.slice(0, 20), element.id, element.className, element.getAttribute("aria-label")].join(" "));

/** `Rage Clicked`, `Dead Clicked` and `Error Clicked`. */
export const frustration = (options: FrustrationOptions = {}): Plugin => ({
  name: "frustration",
  setup(_, host) {
    let burst: MouseEvent[] = [];
    let told: MouseEvent | undefined;
    let last: readonly [Element, MouseEvent] | undefined;
    const watch = watchReactions(options.deadMs || 2_500);

    const rage = (event: MouseEvent, element: Element, isMeant: boolean) => {
      // A field is clicked by its label too.
      if (isStepper(element)) return;
      const before = burst.at(-1);
      const isNear =
        before &&
        event.timeStamp - before.timeStamp <= SOON_MS &&
        Math.abs(event.pageX - before.pageX) + Math.abs(event.pageY - before.pageY) <= BURST_PX;
      burst = isNear ? [...burst, event] : [event];
      const first = burst.at(-BURST_CLICKS);
      // Once for each burst, however long it gets.
      if (!first || event.timeStamp - first.timeStamp > SOON_MS || told == burst[0]) return;
      // A double and a triple click on text select it.
      if (!isMeant && getSelection()?.type == "Range") return;
      told = burst[0];
      host.track("Rage Clicked", describe(element, event, options));
    };

    const dead = (event: MouseEvent, element: Element) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      const properties = describe(element, event, options);
      const timestamp = Date.now();
      watch(element, event, () => {
        const link = linkOf(element);
        // A link that nobody stopped is on its way to another document, however slow.
        if (!link || event.defaultPrevented || link.href == location.href) host.track("Dead Clicked", properties, { timestamp });
      });
    };

    listen<MouseEvent>("click", (event) => {
      last = undefined;
      const target = targetOf(event, options);
      if (!target) return;
      const meant = meantBy(target, { ...options, pointer: true });
      const element = meant || target;
      last = [element, event];
      // Without a pointer (the Enter key, a script) nobody rages.
      if (!event.detail) return;
      rage(event, element, !!meant);
      if (meant && !nearest(target, SILENT)) dead(event, meant);
    });

    // Images and scripts that do not load tell their error too, but not to the window.
    listen<ErrorEvent & PromiseRejectionEvent>("error unhandledrejection", (event) => {
      if (event.target != window || !last || event.timeStamp - last[1].timeStamp > SOON_MS) return;
      const thrown: unknown = event.error || event.reason;
      // Anything can be thrown; only an error's name is no data of the app.
      const { name, message } = (thrown instanceof Error ? thrown : {}) as Error;
      host.track("Error Clicked", {
        ...describe(...last, options),
        error: name || "Error",
        message: options.errorMessage ? message : undefined,
      });
      last = undefined;
    });
  },
});
