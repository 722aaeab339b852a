/** Plays voices through Web Audio. The device is opened when something is first asked for, and closed with the view. */

import { frequencyOf, NOTES, panOf, SECONDS, type Voice } from "./sound";

const NOTE = SECONDS / NOTES;
/** More series at once than this nobody can tell apart. */
const VOICES = 3;
/** Softer than any page that plays music. */
const LOUD = 0.16;
/** Shorter than this a tone begins and ends with a click. */
const SOFT = 0.012;
const LEAD = 0.06;
const TICK = 0.03;
/** Strengths of the overtones, as of a string, a clarinet and a flute: what is played is no pure sine, which is hard to place. */
const TIMBRES = [[1, 0.5, 0.25, 0.12], [1, 0, 0.45, 0, 0.25, 0, 0.1], [0.5, 0.3]];
const LOUDNESS = [1, 0.8, 0.8];

export class Tones {
  private context: AudioContext | null = null;
  private playing: GainNode | null = null;
  private until = 0;

  constructor(private readonly open: () => AudioContext, signal: AbortSignal) {
    signal.addEventListener("abort", () => {
      void this.context?.close();
      this.context = null;
    }, { once: true });
  }

  get busy(): boolean {
    return this.playing !== null && this.context !== null && this.context.currentTime < this.until;
  }

  /** Plays the voices together, instead of what is playing; how many seconds that takes. */
  play(voices: readonly Voice[]): number {
    const context = this.ready();
    this.stop();
    const start = context.currentTime + LEAD;
    const out = (this.playing = context.createGain());
    out.gain.value = LOUD;
    out.connect(context.destination);
    voices.slice(0, VOICES).forEach((voice, i) => {
      this.sing(context, out, voice, i, start);
      for (const note of voice.broken) this.tick(context, out, start + note * NOTE, panOf(note / (NOTES - 1)));
    });
    this.until = start + SECONDS;
    return LEAD + SECONDS;
  }

  stop(): void {
    const { context, playing } = this;
    if (!context || !playing) return;
    playing.gain.setTargetAtTime(0, context.currentTime, SOFT);
    setTimeout(() => playing.disconnect(), 200);
    this.playing = null;
  }

  /** One soft tone, of a series that grows; NaN is the noise. */
  tone(height: number): void {
    const context = this.ready();
    const now = context.currentTime + SOFT;
    const out = context.createGain();
    out.connect(context.destination);
    if (Number.isNaN(height)) {
      out.gain.value = LOUD / 2;
      return this.tick(context, out, now, 0);
    }
    out.gain.value = 0;
    out.gain.setTargetAtTime(LOUD / 2, now, SOFT);
    out.gain.setTargetAtTime(0, now + 0.08, 0.06);
    const source = this.source(context, 0, out);
    source.frequency.value = frequencyOf(height);
    source.start(now);
    source.stop(now + 0.5);
  }

  private ready(): AudioContext {
    this.context ??= this.open();
    if (this.context.state === "suspended") void this.context.resume();
    return this.context;
  }

  private source(context: AudioContext, which: number, out: AudioNode): OscillatorNode {
    const source = context.createOscillator();
    const overtones = [0, ...TIMBRES[which]];
    source.setPeriodicWave(context.createPeriodicWave(new Float32Array(overtones.length), Float32Array.from(overtones)));
    source.connect(out);
    return source;
  }

  private sing(context: AudioContext, out: AudioNode, { heights }: Voice, which: number, start: number): void {
    const [gain, side] = [context.createGain(), context.createStereoPanner()];
    const source = this.source(context, which, gain);
    gain.connect(side).connect(out);
    gain.gain.value = 0;
    side.pan.setValueAtTime(panOf(0), start);
    side.pan.linearRampToValueAtTime(panOf(1), start + SECONDS);
    heights.forEach((height, i) => {
      const [now, silent] = [start + i * NOTE, Number.isNaN(height)];
      const was = i > 0 && !Number.isNaN(heights[i - 1]);
      if (!silent && was) source.frequency.exponentialRampToValueAtTime(frequencyOf(height), now);
      else if (!silent) source.frequency.setValueAtTime(frequencyOf(height), now);
      if (silent === was) gain.gain.setTargetAtTime(silent ? 0 : LOUDNESS[which], now, SOFT);
    });
    gain.gain.setTargetAtTime(0, start + SECONDS, SOFT);
    source.start(start);
    source.stop(start + SECONDS + 10 * SOFT);
  }

  private tick(context: AudioContext, out: AudioNode, at: number, place: number): void {
    const noise = context.createBuffer(1, Math.ceil(TICK * context.sampleRate), context.sampleRate);
    noise.getChannelData(0).forEach((_, i, samples) => (samples[i] = (Math.random() * 2 - 1) * (1 - i / samples.length)));
    const [source, side] = [context.createBufferSource(), context.createStereoPanner()];
    source.buffer = noise;
    side.pan.value = place;
    source.connect(side).connect(out);
    source.start(at);
  }
}
