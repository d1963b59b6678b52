#!/bin/bash
# Fits a polynomial to a curve by gradient descent: train.sh LEARNING_RATE MOMENTUM EPOCHS.
set -eu
awk -v rate="$1" -v momentum="$2" -v epochs="$3" 'BEGIN {
    for (epoch = 1; epoch <= epochs; epoch++) {
        for (step = 0; step < 20; step++) {
            loss = 0
            split("", slope)
            for (i = 0; i < 20; i++) {
                x = 2 * i / 19 - 1
                error = -sin(3 * x)
                for (k = 0; k < 6; k++) error += weights[k] * x ^ k
                loss += error * error / 20
                for (k = 0; k < 6; k++) slope[k] += 2 * error * x ^ k / 20
            }
            for (k = 0; k < 6; k++) {
                speed[k] = momentum * speed[k] - rate * slope[k]
                weights[k] += speed[k]
            }
        }
        printf "epoch: %d, loss: %.17g\n", epoch, loss
        fflush()
    }
}'
