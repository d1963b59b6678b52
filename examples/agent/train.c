// Fits a polynomial to a curve by gradient descent: train LEARNING_RATE MOMENTUM EPOCHS.

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: train LEARNING_RATE MOMENTUM EPOCHS\n");
        return 2;
    }
    double rate = atof(argv[1]), momentum = atof(argv[2]);
    double weights[6] = {0}, speed[6] = {0};
    for (int epoch = 1; epoch <= atoi(argv[3]); epoch++) {
        double loss = 0;
        for (int step = 0; step < 20; step++) {
            double slope[6] = {0};
            loss = 0;
            for (int i = 0; i < 20; i++) {
                double x = 2.0 * i / 19 - 1, error = -sin(3 * x);
                for (int k = 0; k < 6; k++) error += weights[k] * pow(x, k);
                loss += error * error / 20;
                for (int k = 0; k < 6; k++) slope[k] += 2 * error * pow(x, k) / 20;
            }
            for (int k = 0; k < 6; k++) {
                speed[k] = momentum * speed[k] - rate * slope[k];
                weights[k] += speed[k];
            }
        }
        printf("Epoch %d/%s - loss: %.17g\n", epoch, argv[3], loss);
        fflush(stdout);  // into a pipe nothing is seen before, and nothing could be stopped
    }
    return 0;
}
