// The page: its state and the address that stores it, playing, comparing, and the tour.
import { cleaned, presetSetting, readHash, writeHash } from "./settings.js";
import { showCurves } from "./workers.js";
import { Picture } from "./picture.js";
import { TOUR } from "./tour.js";

const PLAY_SECONDS = 8, STILL_STEPS = 10;
const part = (name) => document.getElementById(name);
const still = matchMedia("(prefers-reduced-motion: reduce)");
const state = { pictures: [], progress: 1, tour: 0 };
let pictures = [], playing = 0, written = "";

function setState({ pictures: settings, progress, tour }) {
  Object.assign(state, { pictures: settings.map(cleaned), progress, tour });
  while (pictures.length > state.pictures.length) {
    pictures.pop().end();
    part("pictures").lastElementChild.remove();
  }
  while (pictures.length < state.pictures.length) pictures.push(newPicture(pictures.length));
  part("pictures").classList.toggle("two", pictures.length === 2);
  part("compare").setAttribute("aria-pressed", pictures.length === 2);
  pictures.forEach((picture, k) => {
    picture.root.querySelector("h2").textContent = pictures.length === 2 ? ["Picture A", "Picture B"][k] : "The picture";
    picture.setProgress(progress);
    picture.show(state.pictures[k]);
  });
  followCurves();
  showTour();
  saveAddress();
}

function newPicture(k) {
  const root = document.createElement("section");
  root.className = "picture";
  root.setAttribute("aria-label", `Picture ${"AB"[k]}`);
  part("pictures").append(root);
  const change = (setting) => {
    state.pictures[k] = cleaned(setting);
    pictures[k].show(state.pictures[k]);
    followCurves();
    saveAddress();
  };
  const picture = new Picture(root, "ab"[k], change, (progress) => {
    play(false);
    setProgress(progress);
  });
  picture.find("play").onclick = () => play(!playing);
  return picture;
}

function followCurves() {
  const tell = (key) => pictures.filter((picture) => picture.curveKey === key).forEach((picture) => picture.scheduleCurve());
  showCurves(pictures.map((picture) => picture.curveKey), tell);
}

function setProgress(progress) {
  state.progress = progress;
  pictures.forEach((picture) => picture.setProgress(progress));
  if (!playing) saveAddress();
}

// Play the training from the current time, or from the start if it has ended; in ten steps if reduced motion is set.
function play(on) {
  cancelAnimationFrame(playing);
  playing = 0;
  for (const picture of pictures) {
    const button = picture.find("play");
    button.setAttribute("aria-pressed", on);
    button.textContent = on ? "Pause" : "Play";
  }
  if (!on) return saveAddress();
  const from = state.progress < 1 ? state.progress : 0, begin = performance.now();
  const next = (now) => {
    const elapsed = Math.max(0, now - begin) / 1000 / PLAY_SECONDS;
    const share = still.matches ? Math.floor(elapsed * STILL_STEPS) / STILL_STEPS : elapsed;
    setProgress(Math.min(1, from + share));
    if (state.progress >= 1) play(false);
    else playing = requestAnimationFrame(next);
  };
  playing = requestAnimationFrame(next);
}

function showTour() {
  const step = TOUR[state.tour - 1];
  part("tour").hidden = !step;
  document.body.classList.toggle("touring", Boolean(step));
  part("tour-open").setAttribute("aria-expanded", Boolean(step));
  if (!step) return;
  part("tour-title").textContent = `${state.tour} of ${TOUR.length}: ${step.title}`;
  part("tour-words").innerHTML = step.words;
  part("tour-back").disabled = state.tour === 1;
  part("tour-next").textContent = state.tour === TOUR.length ? "End" : "Next";
}

function goTo(step) {
  play(false);
  if (step < 1 || step > TOUR.length) {
    state.tour = 0;
    showTour();
    saveAddress();
    part("tour-open").focus();
    return;
  }
  const { state: wanted } = TOUR[step - 1];
  const settings = wanted.pictures.map((given) => ({ ...presetSetting(given.preset), ...given }));
  setState({ pictures: settings, progress: wanted.progress, tour: step });
  if (wanted.play) play(true);
  const narrow = matchMedia("(max-width: 999px)").matches, first = pictures[0];
  if (wanted.look) first.find(wanted.look).parentElement.scrollIntoView();
  else (narrow ? first.root.querySelector(".charts") : part("pictures")).scrollIntoView();
  part("tour-title").focus({ preventScroll: true });
}

function saveAddress() {
  written = writeHash(state);
  history.replaceState(null, "", written);
}

part("compare").onclick = () => {
  const settings = pictures.length === 2 ? state.pictures.slice(0, 1) : [state.pictures[0], { ...state.pictures[0], alpha: state.pictures[0].alpha === -12 ? -4 : -12 }];
  setState({ ...state, pictures: settings });
};
part("tour-open").onclick = () => goTo(state.tour ? 0 : 1);
part("tour-back").onclick = () => goTo(state.tour - 1);
part("tour-next").onclick = () => goTo(state.tour + 1);
part("tour-end").onclick = () => goTo(0);
part("link").onclick = async () => {
  saveAddress();
  try {
    await navigator.clipboard.writeText(location.href);
    part("link-note").textContent = "copied";
  } catch {
    part("link-note").textContent = "the address of this page is the link";
  }
};
addEventListener("hashchange", () => {
  if (location.hash !== written) setState(readHash(location.hash));
});
setState(readHash(location.hash));
