interface Sound {
  wave: OscillatorType;
  /** In Hz, one after the other. */
  notes: readonly number[];
  /** Of each note. */
  seconds: number;
}

/** Two notes that rise softly, and four that fall, rougher: they differ in length and direction, not only in pitch. */
const sounds = {
  fresh: { wave: 'sine', notes: [659, 988], seconds: 0.16 },
  late: { wave: 'triangle', notes: [740, 494, 740, 494], seconds: 0.18 },
} satisfies Record<string, Sound>;
/** One for each kind of news. */
export type Tone = keyof typeof sounds;

const loudness = 0.4;
/** Seconds in which a note swells and fades, without which it clicks. */
const fade = 0.02;
/** Seconds between two tones. */
const gap = 0.25;
/** Milliseconds after which a context that may play does so. */
const startLimit = 500;

/** `blocked`: the browser holds sound back. */
type State = 'closed' | 'blocked' | 'ready';

/** Plays the tones. Until its user has pressed something in the page, a browser may hold sound back. */
export class Tones {
  #context: AudioContext | null = null;
  readonly #onChange: (state: State) => void;
  /** When the tone that was begun last is over, in the context's time. */
  #busyUntil = 0;

  constructor(onChange: (state: State) => void) {
    this.#onChange = onChange;
  }

  /** Makes ready to play. */
  open(): void {
    if (this.#context) return;
    this.#context = new AudioContext();
    this.#busyUntil = 0;
    this.#context.addEventListener('statechange', () => this.#tell());
    setTimeout(() => this.#tell(), startLimit);
  }

  close(): void {
    void this.#context?.close();
    this.#context = null;
    this.#tell();
  }

  /** To be called when the user presses something: lets a browser play that has held sound back. */
  async resume(): Promise<void> {
    if (!this.#context || this.#context.state === 'running') return;
    try {
      await this.#context.resume();
    } catch {
      // It was closed meanwhile.
    }
  }

  /** Does nothing while sound is held back: the tones would all be heard at once when it no longer is. */
  play(tone: Tone): void {
    const context = this.#context;
    if (context?.state !== 'running') return;
    const { wave, notes, seconds }: Sound = sounds[tone];
    const from = Math.max(context.currentTime, this.#busyUntil);
    const until = from + notes.length * seconds;
    this.#busyUntil = until + gap;
    const oscillator = new OscillatorNode(context, { type: wave });
    const volume = new GainNode(context, { gain: 0 });
    notes.forEach((note, index) => {
      const at = from + index * seconds;
      oscillator.frequency.setValueAtTime(note, at);
      volume.gain.setValueAtTime(0, at);
      volume.gain.linearRampToValueAtTime(loudness, at + fade);
      volume.gain.setValueAtTime(loudness, at + seconds - fade);
      volume.gain.linearRampToValueAtTime(0, at + seconds);
    });
    oscillator.connect(volume).connect(context.destination);
    oscillator.start(from);
    oscillator.stop(until);
  }

  #tell(): void {
    if (!this.#context) this.#onChange('closed');
    else this.#onChange(this.#context.state === 'running' ? 'ready' : 'blocked');
  }
}
