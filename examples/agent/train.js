// Fits a polynomial to a curve by gradient descent: train.js LEARNING_RATE MOMENTUM EPOCHS.

const [rate, momentum, epochs] = process.argv.slice(2).map(Number);
const points = Array.from({ length: 20 }, (_, i) => (2 * i) / 19 - 1);
const weights = Array(6).fill(0);
const speed = Array(6).fill(0);

for (let epoch = 1; epoch <= epochs; epoch++) {
  let loss = 0;
  for (let step = 0; step < 20; step++) {
    const slope = Array(6).fill(0);
    loss = 0;
    for (const x of points) {
      const error = weights.reduce((sum, w, k) => sum + w * x ** k, 0) - Math.sin(3 * x);
      loss += (error * error) / 20;
      for (let k = 0; k < 6; k++) slope[k] += (2 * error * x ** k) / 20;
    }
    for (let k = 0; k < 6; k++) {
      speed[k] = momentum * speed[k] - rate * slope[k];
      weights[k] += speed[k];
    }
  }
  console.log(`epoch=${epoch} loss=${loss}`); // as JSON, NaN would become null
}
