// One player: from what it says of itself to what happened.

import { isMasked } from "../element.js";
import type { PluginHost, Properties } from "../options.js";
import { onPage } from "../route.js";

/** In the words of a media element: seconds, and a volume from 0 to 1. */
export interface Moment {
  readonly currentTime: number;
  readonly duration: number;
  readonly paused: boolean;
  readonly ended: boolean;
  readonly seeking?: boolean;
  readonly muted?: boolean;
  readonly volume: number;
  readonly playbackRate: number;
}

export interface Playback {
  /** What the player says now. */
  move(moment: Moment): void;
  /** `Watched`: what was played since it was told before. */
  watched(): void;
  /** The next play is another session. */
  end(): void;
}

/** Players pause before they end. */
const END_S = 0.3;

const rounded = (seconds: number) => Math.round(seconds * 10) / 10;

export const openPlayback = (element: Element, player: string, host: PluginHost): Playback => {
  const kind = element.localName == "audio" ? "Audio " : "Video ";
  let session = "";
  let length = 0;
  let sound = 0;
  let rate = 1;
  let isPlaying = false;
  let soughtFrom: number | undefined;
  let at = 0;
  /** Where it was last played: what was watched may be told on another route. */
  let page = host.view();
  let watchedMs = 0;
  let reached: number[] = [];
  let ranges: [from: number, to: number][] = [];

  const tell = (what: string, more?: Properties) => {
    const { dataset, title, src, currentSrc } = element as HTMLVideoElement;
    const properties = {
      session_id: session,
      ...(!isMasked(element) && {
        title: dataset.hollowayMedia || title || undefined,
        src: (currentSrc || src).replace(/[?#].*|^(blob|data):.*|(?<=^\w+:\/\/)[^/@]*@/g, "") || undefined,
      }),
      video_player: player,
      position: rounded(at),
      // Infinity of a live stream is no JSON.
      total_length: length < Infinity ? rounded(length) : undefined,
      sound: Math.round(sound),
      rate,
      full_screen: !!document.fullscreenElement?.contains(element),
      ...more,
    };
    host.track(kind + what, properties, onPage(page));
  };
  const reach = (percent: number) => tell("Progress Reached", { percent });

  const playback: Playback = {
    move(moment) {
      const before = at;
      const plays = !moment.paused;
      length = moment.duration;
      sound = moment.muted ? 0 : moment.volume * 100;
      rate = moment.playbackRate;
      page = host.view();
      if (moment.seeking) {
        soughtFrom ??= at;
        return;
      }
      at = moment.currentTime;
      if (soughtFrom != null) {
        const from = soughtFrom;
        soughtFrom = undefined;
        // A loop goes back to its start by itself.
        if (session && !((element as HTMLVideoElement).loop && at < 1)) {
          tell("Playback Seek Completed", { from: rounded(from), to: rounded(at) });
        }
      } else if (isPlaying && at > before) {
        // A loop may go on for hours: one event has room for so many.
        if (ranges.length > 99) playback.watched();
        watchedMs += ((at - before) / rate) * 1000;
        const range = ranges.at(-1);
        if (range?.[1] == before) range[1] = at;
        else ranges.push([before, at]);
        for (const quarter of [25, 50, 75]) {
          const mark = (length * quarter) / 100;
          if (before < mark && mark <= at && !reached.includes(quarter)) {
            reached.push(quarter);
            reach(quarter);
          }
        }
      }
      if (moment.ended) {
        if (session) {
          reach(100);
          tell("Playback Completed");
          playback.end();
        }
      } else if (plays != isPlaying && (plays || length - at > END_S)) {
        isPlaying = plays;
        if (!isPlaying) tell("Playback Paused");
        else if (session) tell("Playback Resumed");
        else {
          session = Math.random().toString(36).slice(2);
          reached = [];
          tell("Playback Started");
        }
      }
    },
    watched() {
      if (watchedMs < 1) return;
      tell("Watched", { watched_ms: Math.round(watchedMs), ranges: ranges.map((range) => range.map(rounded)) });
      watchedMs = 0;
      ranges = [];
    },
    end() {
      playback.watched();
      isPlaying = false;
      session = "";
    },
  };
  return playback;
};
