"""Fits a polynomial to a curve by gradient descent: train.py LEARNING_RATE MOMENTUM EPOCHS."""

import math
import sys

rate, momentum, epochs = float(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
points = [2 * i / 19 - 1 for i in range(20)]
weights, speed = [0.0] * 6, [0.0] * 6

for epoch in range(1, epochs + 1):
    for _ in range(20):
        loss, slope = 0.0, [0.0] * 6
        for x in points:
            error = sum(weights[k] * x**k for k in range(6)) - math.sin(3 * x)
            loss += error * error / 20
            for k in range(6):
                slope[k] += 2 * error * x**k / 20
        for k in range(6):
            speed[k] = momentum * speed[k] - rate * slope[k]
            weights[k] += speed[k]
    print(f"epoch={epoch} loss={loss}")
