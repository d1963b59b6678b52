/**
 * A worker in TypeScript: trains a small neural network on handwritten digits, epoch by epoch.
 *
 * STUDY DATA_FOLDER: the folder holds train.csv and validation.csv, rows of a label and 64 pixels
 * from 0 to 16. Searched: learning_rate, hidden, batch_size; reported: validation_error.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "ashad-client";

const PIXELS = 64;
const CLASSES = 10;

/** What is searched, with the types that the space gives it. */
interface Params {
  readonly learning_rate: number;
  readonly hidden: bigint;
  readonly batch_size: bigint;
}

/** Images, and what they show. */
interface Digits {
  readonly images: readonly Float32Array[];
  readonly labels: readonly number[];
}

function read(path: string): Digits {
  const rows = readFileSync(path, "utf8").trim().split("\n");
  const cells = rows.map((row) => row.split(",").map(Number));
  return {
    images: cells.map((row) => Float32Array.from(row.slice(1), (pixel) => pixel / 16)),
    labels: cells.map((row) => row[0]!),
  };
}

/** Numbers of mulberry32, from 0 to 1: JavaScript's own cannot be seeded. */
function randomFrom(seed: bigint): () => number {
  let state = Number(BigInt.asUintN(32, seed));
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A matrix whose rows are units; the last weight of each is its bias. */
type Layer = readonly Float32Array[];

/** One hidden layer of rectifiers, softmax, cross entropy, stochastic gradient descent. */
class Network {
  readonly #random: () => number;
  readonly #first: Layer;
  readonly #second: Layer;
  readonly #firstSlope: Layer;
  readonly #secondSlope: Layer;
  readonly #active: Float32Array;
  readonly #chance = new Float32Array(CLASSES);

  constructor(
    readonly params: Params,
    seed: bigint,
  ) {
    const hidden = Number(params.hidden);
    this.#random = randomFrom(seed);
    this.#first = this.#weights(hidden, PIXELS);
    this.#second = this.#weights(CLASSES, hidden);
    this.#firstSlope = zeros(hidden, PIXELS);
    this.#secondSlope = zeros(CLASSES, hidden);
    this.#active = new Float32Array(hidden);
  }

  trainOneEpoch({ images, labels }: Digits): void {
    const order = this.#shuffled(images.length);
    const size = Number(this.params.batch_size);
    for (let begin = 0; begin < order.length; begin += size) {
      const batch = order.slice(begin, begin + size);
      for (const i of batch) {
        this.#forward(images[i]!);
        this.#backward(images[i]!, labels[i]!);
      }
      const step = this.params.learning_rate / batch.length;
      descend(this.#first, this.#firstSlope, step);
      descend(this.#second, this.#secondSlope, step);
    }
  }

  /** The share of images that are taken for something else. */
  error({ images, labels }: Digits): number {
    let wrong = 0;
    for (const [i, image] of images.entries()) {
      this.#forward(image);
      const label = labels[i]!;
      const mine = this.#chance[label]!;
      // So put, NaN is wrong.
      if (!this.#chance.every((other, c) => c === label || other < mine)) wrong++;
    }
    return wrong / images.length;
  }

  #forward(image: Float32Array): void {
    for (const [h, unit] of this.#first.entries()) this.#active[h] = Math.max(0, sum(unit, image));
    for (const [c, unit] of this.#second.entries()) this.#chance[c] = sum(unit, this.#active);
    const most = Math.max(...this.#chance);
    let total = 0;
    for (let c = 0; c < CLASSES; c++) total += this.#chance[c] = Math.exp(this.#chance[c]! - most);
    for (let c = 0; c < CLASSES; c++) this.#chance[c]! /= total;
  }

  #backward(image: Float32Array, label: number): void {
    const back = new Float32Array(this.#active.length);
    for (let c = 0; c < CLASSES; c++) {
      const slope = this.#chance[c]! - (c === label ? 1 : 0);
      const unit = this.#second[c]!;
      for (let h = 0; h < back.length; h++) back[h]! += slope * unit[h]!;
      add(this.#secondSlope[c]!, slope, this.#active);
    }
    for (let h = 0; h < back.length; h++)
      if (this.#active[h]! > 0) add(this.#firstSlope[h]!, back[h]!, image);
  }

  #shuffled(count: number): number[] {
    const order = Array.from({ length: count }, (_, i) => i);
    for (let i = count - 1; i > 0; i--) {
      const j = Math.floor(this.#random() * (i + 1));
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order;
  }

  #weights(to: number, from: number): Layer {
    const layer = zeros(to, from);
    for (const unit of layer)
      for (let i = 0; i < from; i++) {
        const radius = Math.sqrt(-2 * Math.log(1 - this.#random()));
        unit[i] = radius * Math.cos(2 * Math.PI * this.#random()) * Math.sqrt(2 / from);
      }
    return layer;
  }
}

function zeros(to: number, from: number): Layer {
  return Array.from({ length: to }, () => new Float32Array(from + 1));
}

function sum(weights: Float32Array, inputs: Float32Array): number {
  let total = weights[inputs.length]!;
  for (let i = 0; i < inputs.length; i++) total += weights[i]! * inputs[i]!;
  return total;
}

function add(slopes: Float32Array, slope: number, inputs: Float32Array): void {
  for (let i = 0; i < inputs.length; i++) slopes[i]! += slope * inputs[i]!;
  slopes[inputs.length]! += slope;
}

function descend(layer: Layer, slopes: Layer, step: number): void {
  for (const [row, slope] of slopes.entries()) {
    const unit = layer[row]!;
    for (let i = 0; i < unit.length; i++) unit[i]! -= step * slope[i]!;
    slope.fill(0);
  }
}

const [study = "", folder = ""] = process.argv.slice(2);
const train = read(join(folder, "train.csv"));
const validation = read(join(folder, "validation.csv"));
const client = connect();
for await (const trial of client.trials<Params>(study)) {
  const network = new Network(trial.params, trial.seed);
  for (const epoch of trial.steps()) {
    network.trainOneEpoch(train);
    await trial.report(epoch, { validation_error: network.error(validation) });
  }
}
