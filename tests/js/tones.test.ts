import assert from "node:assert/strict";
import { test } from "node:test";
import { NOTES, SECONDS, voiceOf, type Spot } from "../../js/src/sound";
import { Tones } from "../../js/src/tones";

type Call = readonly [method: string, ...numbers: unknown[]];

class FakeParam {
  value = 0;
  readonly calls: Call[] = [];
  setValueAtTime = (...numbers: unknown[]) => this.calls.push(["set", ...numbers]);
  linearRampToValueAtTime = (...numbers: unknown[]) => this.calls.push(["line", ...numbers]);
  exponentialRampToValueAtTime = (...numbers: unknown[]) => this.calls.push(["glide", ...numbers]);
  setTargetAtTime = (...numbers: unknown[]) => this.calls.push(["towards", ...numbers]);
}

class FakeNode {
  readonly gain = new FakeParam();
  readonly pan = new FakeParam();
  readonly frequency = new FakeParam();
  readonly to: unknown[] = [];
  readonly times: Call[] = [];
  wave: unknown = null;
  buffer: unknown = null;
  connected = true;
  constructor(readonly kind: string) {}
  connect = (other: FakeNode): FakeNode => (this.to.push(other), other);
  disconnect = (): void => void (this.connected = false);
  setPeriodicWave = (wave: unknown): void => void (this.wave = wave);
  start = (at: number): unknown => this.times.push(["start", at]);
  stop = (at: number): unknown => this.times.push(["stop", at]);
}

class FakeAudio {
  currentTime = 10;
  state = "running";
  sampleRate = 1000;
  readonly nodes: FakeNode[] = [];
  readonly destination = new FakeNode("destination");
  private add(kind: string): FakeNode {
    const node = new FakeNode(kind);
    this.nodes.push(node);
    return node;
  }
  createGain = () => this.add("gain");
  createOscillator = () => this.add("tone");
  createStereoPanner = () => this.add("side");
  createBufferSource = () => this.add("noise");
  createPeriodicWave = (_: Float32Array, overtones: Float32Array) => [...overtones];
  createBuffer = (_: number, length: number) => ({ length, getChannelData: () => new Float32Array(length) });
  resume = (): void => void (this.state = "running");
  close = (): void => void (this.state = "closed");
  of = (kind: string): FakeNode[] => this.nodes.filter((node) => node.kind === kind);
}

function opened() {
  const audio = new FakeAudio();
  const stop = new AbortController();
  let opens = 0;
  const tones = new Tones(() => (opens++, audio as unknown as AudioContext), stop.signal);
  return { audio, tones, stop, opens: () => opens };
}

const rising: Spot[] = [[0, 0], [1, 1]];
const START = 10.06;

test("nothing is opened before something is asked for, and one device serves all that follows", () => {
  const { tones, opens } = opened();
  assert.equal(opens(), 0);
  tones.stop();
  assert.equal(opens(), 0);
  tones.play([voiceOf(rising)]);
  tones.tone(0.5);
  tones.play([voiceOf(rising)]);
  assert.equal(opens(), 1);
});

test("a curve glides from note to note over three seconds, from the left to the right", () => {
  const { audio, tones } = opened();
  assert.equal(tones.play([voiceOf(rising)]), SECONDS + 0.06);
  const [tone] = audio.of("tone");
  const { calls } = tone.frequency;
  assert.deepEqual(calls[0], ["set", 220, START]);
  assert.equal(calls.length, NOTES);
  assert.ok(calls.slice(1).every(([method]) => method === "glide"));
  const [, hertz, at] = calls[NOTES - 1] as [string, number, number];
  assert.equal(Math.round(hertz), 1760);
  assert.ok(Math.abs(at - (START + SECONDS * (1 - 1 / NOTES))) < 1e-9);
  assert.deepEqual(audio.of("side")[0].pan.calls, [["set", -0.8, START], ["line", 0.8, START + SECONDS]]);
  assert.deepEqual(tone.times.map(([method]) => method), ["start", "stop"]);
  assert.equal(audio.of("noise").length, 0);
});

test("a second series has another timbre and begins with the first, a fourth is left out", () => {
  const { audio, tones } = opened();
  tones.play(Array.from({ length: 4 }, () => voiceOf(rising)));
  const tones_ = audio.of("tone");
  assert.equal(tones_.length, 3);
  assert.equal(new Set(tones_.map(({ wave }) => String(wave))).size, 3);
  assert.equal(new Set(tones_.map(({ times }) => times[0][1])).size, 1);
});

test("a NaN is a noise where it is, and the tone is silent there", () => {
  const { audio, tones } = opened();
  tones.play([voiceOf([[0, 0.5], [0.25, 0.5], [0.5, NaN], [0.75, 0.5], [1, 0.5]])]);
  const [noise] = audio.of("noise");
  assert.deepEqual(noise.times, [["start", START + 30 * (SECONDS / NOTES)]]);
  assert.ok(Math.abs((noise.to[0] as FakeNode).pan.value - 0.8 * (60 / 59 - 1)) < 1e-9);
  const gain = audio.of("tone")[0].to[0] as FakeNode;
  const notes = gain.gain.calls.map(([, loud, at]) => [loud, Math.round(((at as number) - START) / 0.05)]);
  assert.deepEqual(notes, [[1, 0], [0, 16], [1, 45], [0, 60]]);
});

test("it is busy while it plays, and silent when it is stopped", () => {
  const { audio, tones } = opened();
  assert.ok(!tones.busy);
  tones.play([voiceOf(rising)]);
  assert.ok(tones.busy);
  audio.currentTime = START + SECONDS + 0.1;
  assert.ok(!tones.busy);
  tones.play([voiceOf(rising)]);
  tones.stop();
  assert.ok(!tones.busy);
  assert.deepEqual(audio.of("gain").filter((node) => node.to[0] === audio.destination).at(-1)?.gain.calls, [["towards", 0, audio.currentTime, 0.012]]);
});

test("a single tone is soft and short, and that of a NaN is the noise", () => {
  const { audio, tones } = opened();
  tones.tone(1 / 3);
  assert.equal(Math.round(audio.of("tone")[0].frequency.value), 440);
  const [start, stop] = audio.of("tone")[0].times as [Call, Call];
  assert.ok((stop[1] as number) - (start[1] as number) <= 0.5);
  tones.tone(NaN);
  assert.equal(audio.of("tone").length, 1);
  assert.equal(audio.of("noise").length, 1);
});

test("the device is closed with the view, and a suspended one resumed", () => {
  const { audio, tones, stop } = opened();
  audio.state = "suspended";
  tones.play([voiceOf(rising)]);
  assert.equal(audio.state, "running");
  stop.abort();
  assert.equal(audio.state, "closed");
  assert.ok(!tones.busy);
});
