// Players in frames, by the messages that YouTube's and Vimeo's own scripts exchange with them. No script is loaded.

import { awakeMs } from "../clock.js";
import { OFF, nearest } from "../element.js";
import { listen } from "../listener.js";
import type { Moment, Playback } from "./playback.js";

const ASK_INTERVAL_MS = 500;
const ASKS_MAX = 10;
/** A later position than time allows was sought. */
const JUMP_S = 1;
const VIMEO_EVENTS = "play pause ended timeupdate seeked volumechange playbackratechange".split(" ");
// Player states by YouTube's numbers.
const ENDED = 0;
const PLAYING = 1;
const BUFFERING = 3;
const UNSTARTED = -1;
const VIMEO_STATES: Readonly<Record<string, number>> = { play: PLAYING, pause: 2, ended: ENDED };

/** A moment as YouTube's messages name its parts, and when its time was told. */
interface State extends Moment {
  playerState: number;
  toldMs: number;
}

/** `info` is YouTube's, with a volume from 0 to 100, `data` Vimeo's. */
interface Message {
  event: string;
  info?: Partial<State>;
  data?: { seconds?: number } & Partial<State>;
}

export const hearEmbeds = (
  origins: Readonly<Record<string, readonly string[]>>,
  playbackOf: (element: Element, player: string) => Playback | undefined,
  forget: (element: Element) => void,
): void => {
  const states = new WeakMap<Element, State>();
  /** The player and the origin of an address that begins with an allowed origin. */
  const known = (address: string) => {
    for (const player in origins) {
      const origin = origins[player]!.find((one) => `${address}/`.startsWith(`${one}/`));
      if (origin) return [player, origin] as const;
    }
    return [];
  };

  const subscribe = (frame: HTMLIFrameElement, player: string, origin: string) => {
    const say = (message: object) => frame.contentWindow?.postMessage(JSON.stringify(message), origin);
    if (player == "youtube") say({ event: "listening", id: 1, channel: "widget" });
    else for (const value of VIMEO_EVENTS) say({ method: "addEventListener", value });
  };
  /** Asks until the frame answers. */
  const ask = (frame: HTMLIFrameElement, asks = ASKS_MAX) => {
    const [player, origin] = known(frame.src);
    if (!player || !asks || states.has(frame) || nearest(frame, OFF)) return;
    subscribe(frame, player, origin);
    setTimeout(ask, ASK_INTERVAL_MS, frame, asks - 1);
  };
  const frames = () => [...document.querySelectorAll("iframe")];
  const askAll = () => frames().forEach((frame) => ask(frame));

  // Not told to the window.
  const load = ({ target }: Event) => {
    if (!(target instanceof HTMLIFrameElement)) return;
    states.delete(target);
    forget(target);
    ask(target);
  };
  listen("load", load, document);
  // The frames that were there before.
  if (document.readyState == "complete") askAll();
  else listen("load", askAll);

  listen<MessageEvent>("message", ({ origin, source, data }) => {
    const [player] = known(origin);
    const frame = player && frames().find((one) => one.contentWindow == source);
    // What is no message of the player may throw.
    if (!frame) return;
    const message = (typeof data == "string" ? JSON.parse(data) : data) as Message;
    const { event, info } = message;
    const { seconds, ...rest } = message.data || {};
    if (event == "ready") subscribe(frame, player, origin);
    const before = states.get(frame) || { currentTime: 0, duration: 0, playerState: UNSTARTED, paused: true, volume: 1, playbackRate: 1, toldMs: 0 };
    const toldS = seconds ?? info?.currentTime;
    const nowMs = awakeMs();
    const playerState = VIMEO_STATES[event] ?? info?.playerState ?? before.playerState;
    const state = {
      ...before,
      ...info,
      ...(info?.volume != null && { volume: info.volume / 100 }),
      ...rest,
      currentTime: toldS ?? before.currentTime,
      toldMs: toldS == null ? before.toldMs : nowMs,
      playerState,
      paused: playerState != PLAYING && (playerState != BUFFERING || before.paused),
      ended: playerState == ENDED,
    };
    states.set(frame, state);
    if (playerState == UNSTARTED) return forget(frame);
    const jumpS = state.currentTime - before.currentTime;
    const mayS = before.paused ? 0 : ((nowMs - before.toldMs) / 1000) * state.playbackRate;
    const playback = playbackOf(frame, player);
    if (jumpS < -JUMP_S / 2 || jumpS > mayS + JUMP_S) playback?.move({ ...state, seeking: true });
    playback?.move(state);
  });
};
