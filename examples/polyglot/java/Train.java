import dev.ashad.client.Client;
import dev.ashad.client.Params;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * A worker in Java: trains a small neural network on handwritten digits, epoch by epoch.
 *
 * <p>STUDY DATA_FOLDER: the folder holds train.csv and validation.csv, rows of a label and 64
 * pixels from 0 to 16. Searched: learning_rate, hidden, batch_size; reported: validation_error.
 */
public final class Train {
  /** Works until the study is finished. */
  public static void main(String[] args) throws IOException {
    String study = args[0];
    Digits train = Digits.read(Path.of(args[1], "train.csv"));
    Digits validation = Digits.read(Path.of(args[1], "validation.csv"));
    try (Client client = Client.connect()) {
      client.run(
          study,
          trial -> {
            Network network = new Network(trial.params(), trial.seed());
            for (long epoch : trial.steps()) {
              network.trainOneEpoch(train);
              trial.report(epoch, network.error(validation));
            }
          });
    }
  }

  private Train() {}
}

/** Images, and what they show. */
final class Digits {
  static final int PIXELS = 64;
  static final int CLASSES = 10;

  final float[][] images;
  final int[] labels;

  private Digits(float[][] images, int[] labels) {
    this.images = images;
    this.labels = labels;
  }

  static Digits read(Path path) throws IOException {
    List<String> lines = Files.readAllLines(path);
    float[][] images = new float[lines.size()][PIXELS];
    int[] labels = new int[lines.size()];
    for (int i = 0; i < labels.length; i++) {
      String[] words = lines.get(i).split(",", -1);
      labels[i] = Integer.parseInt(words[0]);
      for (int p = 0; p < PIXELS; p++) {
        images[i][p] = Float.parseFloat(words[p + 1]) / 16;
      }
    }
    return new Digits(images, labels);
  }
}

/** One hidden layer of rectifiers, softmax, cross entropy, stochastic gradient descent. */
final class Network {
  private final int hidden;
  private final int batchSize;
  private final float rate;
  private final Random random;
  // The last weight of each unit is its bias.
  private final float[][] first;
  private final float[][] second;
  private final float[][] firstSlope;
  private final float[][] secondSlope;
  private final float[] active;
  private final float[] chance = new float[Digits.CLASSES];

  Network(Params params, long seed) {
    this.hidden = params.getInt("hidden");
    this.batchSize = params.getInt("batch_size");
    this.rate = (float) params.getDouble("learning_rate");
    this.random = new Random(seed);
    this.first = weights(hidden, Digits.PIXELS);
    this.second = weights(Digits.CLASSES, hidden);
    this.firstSlope = new float[hidden][Digits.PIXELS + 1];
    this.secondSlope = new float[Digits.CLASSES][hidden + 1];
    this.active = new float[hidden];
  }

  void trainOneEpoch(Digits digits) {
    int count = digits.labels.length;
    int[] order = shuffled(count);
    for (int begin = 0; begin < count; begin += batchSize) {
      int end = Math.min(begin + batchSize, count);
      for (int i = begin; i < end; i++) {
        forward(digits.images[order[i]]);
        backward(digits.images[order[i]], digits.labels[order[i]]);
      }
      descend(first, firstSlope, rate / (end - begin));
      descend(second, secondSlope, rate / (end - begin));
    }
  }

  /** The share of images that are taken for something else. */
  double error(Digits digits) {
    int wrong = 0;
    for (int i = 0; i < digits.labels.length; i++) {
      forward(digits.images[i]);
      wrong += isWrong(digits.labels[i]) ? 1 : 0;
    }
    return (double) wrong / digits.labels.length;
  }

  private boolean isWrong(int label) {
    for (int c = 0; c < Digits.CLASSES; c++) {
      if (c != label && !(chance[c] < chance[label])) { // so put, NaN is wrong
        return true;
      }
    }
    return false;
  }

  private void forward(float[] image) {
    for (int h = 0; h < hidden; h++) {
      active[h] = Math.max(0, sum(first[h], image));
    }
    float most = Float.NEGATIVE_INFINITY;
    for (int c = 0; c < Digits.CLASSES; c++) {
      chance[c] = sum(second[c], active);
      most = Math.max(most, chance[c]);
    }
    float total = 0;
    for (int c = 0; c < Digits.CLASSES; c++) {
      chance[c] = (float) Math.exp(chance[c] - most);
      total += chance[c];
    }
    for (int c = 0; c < Digits.CLASSES; c++) {
      chance[c] /= total;
    }
  }

  private void backward(float[] image, int label) {
    float[] back = new float[hidden];
    for (int c = 0; c < Digits.CLASSES; c++) {
      float slope = chance[c] - (c == label ? 1 : 0);
      for (int h = 0; h < hidden; h++) {
        back[h] += slope * second[c][h];
      }
      add(secondSlope[c], slope, active);
    }
    for (int h = 0; h < hidden; h++) {
      if (active[h] > 0) {
        add(firstSlope[h], back[h], image);
      }
    }
  }

  private int[] shuffled(int count) {
    int[] order = new int[count];
    for (int i = 0; i < count; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }

  private float[][] weights(int to, int from) {
    float[][] made = new float[to][from + 1];
    for (float[] row : made) {
      for (int i = 0; i < from; i++) {
        row[i] = (float) (random.nextGaussian() * Math.sqrt(2.0 / from));
      }
    }
    return made;
  }

  private static float sum(float[] weights, float[] inputs) {
    float sum = weights[inputs.length];
    for (int i = 0; i < inputs.length; i++) {
      sum += weights[i] * inputs[i];
    }
    return sum;
  }

  private static void add(float[] slopes, float slope, float[] inputs) {
    for (int i = 0; i < inputs.length; i++) {
      slopes[i] += slope * inputs[i];
    }
    slopes[inputs.length] += slope;
  }

  private static void descend(float[][] weights, float[][] slopes, float step) {
    for (int row = 0; row < weights.length; row++) {
      for (int i = 0; i < weights[row].length; i++) {
        weights[row][i] -= step * slopes[row][i];
      }
      Arrays.fill(slopes[row], 0);
    }
  }
}
