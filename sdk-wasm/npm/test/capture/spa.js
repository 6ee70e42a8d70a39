// A shop with five routes, drawn from templates; `?host=` is the collector, `?other=` another origin.

import { init } from "@holloway/browser";
import { autocapture } from "@holloway/browser/autocapture";

const query = new URLSearchParams(location.search);
const hw = init({ writeKey: "web", host: query.get("host"), flushAt: 1 });
window.hw = hw;
hw.use(autocapture({ minMs: 0 }));
for (const name of (query.get("features") || "").split(",").filter(Boolean)) {
  hw.use((await import(`@holloway/browser/${name}`))[name]());
}

const main = document.querySelector("main");
const draw = () => {
  main.replaceChildren(document.getElementById(location.pathname).content.cloneNode(true));
  scrollTo(0, 0);
  const away = document.querySelector("#away");
  if (away) away.href = `${query.get("other")}/?token=planted-token#part`;
  const video = document.querySelector("#intro");
  if (video) video.src = silence(1);
};
const go = (path) => {
  history.pushState({}, "", path);
  draw();
};

/** A sound file of so many silent seconds: video elements play it too. */
const silence = (seconds) => {
  const rate = 8_000;
  const file = new DataView(new ArrayBuffer(44 + rate * seconds));
  const text = (at, letters) => [...letters].forEach((letter, i) => file.setUint8(at + i, letter.charCodeAt(0)));
  text(0, "RIFF");
  file.setUint32(4, 36 + rate * seconds, true);
  text(8, "WAVEfmt ");
  file.setUint32(16, 16, true);
  file.setUint16(20, 1, true);
  file.setUint16(22, 1, true);
  file.setUint32(24, rate, true);
  file.setUint32(28, rate, true);
  file.setUint16(32, 1, true);
  file.setUint16(34, 8, true);
  text(36, "data");
  file.setUint32(40, rate * seconds, true);
  for (let at = 44; at < file.byteLength; at++) file.setUint8(at, 128);
  return URL.createObjectURL(new Blob([file], { type: "audio/wav" }));
};

addEventListener("popstate", draw);
document.addEventListener("click", (event) => {
  const { target } = event;
  if (target.matches("[data-route]")) {
    event.preventDefault();
    go(target.getAttribute("href"));
  }
  if (target.matches("[data-stay]")) {
    event.preventDefault();
    target.dataset.seen = "yes";
  }
  if (target.matches("[data-count]")) target.dataset.count = +target.dataset.count + 1;
  if (target.id == "again") {
    history.replaceState({ drawn: 1 }, "");
    history.pushState({ drawn: 2 }, "", location.href);
    target.dataset.done = "yes";
  }
  if (target.id == "play") document.querySelector("#intro").play();
  if (target.id == "broken") undefined.property;
});

draw();
hw.ready.then((ready) => (document.documentElement.dataset.ready = ready));
