// Video and audio: begun, paused, resumed, sought, completed, how far, and how much of it was really watched. Names and
// units (seconds, sound from 0 to 100) are those of the Segment spec for video as far as it goes; `Audio …` likewise.

import { OFF, nearest } from "./element.js";
import { listen, listenDeep } from "./listener.js";
import { hearEmbeds } from "./media/embed.js";
import { openPlayback } from "./media/playback.js";
import type { Playback } from "./media/playback.js";
import type { Plugin } from "./options.js";

export interface MediaOptions {
  /** Origins of frames that speak YouTube's protocol (`enablejsapi=1`): www.youtube.com and www.youtube-nocookie.com. */
  readonly youtube?: readonly string[] | undefined;
  /** Origins of frames that speak Vimeo's: player.vimeo.com. */
  readonly vimeo?: readonly string[] | undefined;
}

/** All of the page's media elements, present and to come, and the frames of YouTube and Vimeo. */
export const media = (options: MediaOptions = {}): Plugin => ({
  name: "media",
  setup(_, host) {
    const playbacks = new Map<Element, Playback>();
    const playbackOf = (element: Element, player: string): Playback | undefined => {
      if (nearest(element, OFF)) return undefined;
      let playback = playbacks.get(element);
      if (!playback) {
        sweep();
        playbacks.set(element, (playback = openPlayback(element, player, host)));
      }
      return playback;
    };
    const forget = (element: Element) => {
      playbacks.get(element)?.end();
      playbacks.delete(element);
    };
    /** Media that were removed say nothing any more. */
    const sweep = () => playbacks.forEach((_, element) => element.isConnected || forget(element));

    // Browsers pause what plays in a page that is gone: nobody pressed anything.
    let isGone = false;
    listen("pagehide pageshow", ({ type }) => (isGone = type == "pagehide"));

    listenDeep("playing pause timeupdate seeking seeked ended emptied", ({ type }, path) => {
      const element = path[0] as HTMLMediaElement;
      if (isGone || !(element instanceof HTMLMediaElement)) return;
      const { autoplay, loop, muted, dataset } = element;
      // Decoration: nobody chose to watch it.
      if (autoplay && loop && muted && !dataset.hollowayMedia) return;
      if (type == "emptied") return forget(element);
      playbackOf(element, "html5")?.move(element);
    });
    hearEmbeds(
      {
        youtube: options.youtube || ["https://www.youtube.com", "https://www.youtube-nocookie.com"],
        vimeo: options.vimeo || ["https://player.vimeo.com"],
      },
      playbackOf,
      forget,
    );
    host.onLeave(() => {
      for (const playback of playbacks.values()) playback.watched();
      sweep();
    });
  },
});
