package dev.ashad.client;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Several seeds or folds of one configuration, which the trial's resource counts from 1; of {@link
 * Trial#replicates()}.
 *
 * <p>A rung compares the trials by their mean, or a quantile, over as many replicates as its level
 * says, so that a configuration that does badly with the first ones never gets the others. The
 * values travel in the checkpoint, so that a trial that is promoted, or whose worker died, goes on
 * with the next one. It is for one thread.
 */
public final class Replicates {
  private static final String PREFIX = "ashad:replicates:";
  private static final int LONGEST = 4096; // characters of a checkpoint

  private final String study;
  private final double quantile; // below 0: the mean
  private Map<String, List<Double>> values;

  private Replicates(Trial trial, double quantile) {
    this.study = trial.study();
    this.quantile = quantile;
    long start = trial.startResource();
    this.values = start == 0 ? new TreeMap<>() : read(trial.resumeCheckpoint());
    boolean complete = values.values().stream().allMatch(many -> many.size() == start);
    if (start != 0 && (values.isEmpty() || !complete)) {
      throw AshadException.invalid(
          "replicates: the trial goes on after "
              + start
              + ", and its checkpoint has not so many values: report each replicate with what add"
              + " returns");
    }
  }

  static Replicates mean(Trial trial) {
    return new Replicates(trial, -1);
  }

  static Replicates quantile(Trial trial, double quantile) {
    if (!(quantile >= 0 && quantile <= 1)) {
      throw AshadException.invalid("quantile: a number from 0 to 1, not " + quantile);
    }
    return new Replicates(trial, quantile);
  }

  /** What to report of all replicates. */
  public static final class Told {
    private final Map<String, Double> metrics;
    private final String checkpoint;

    private Told(Map<String, Double> metrics, String checkpoint) {
      this.metrics = Collections.unmodifiableMap(metrics);
      this.checkpoint = checkpoint;
    }

    /** What each metric came to, by name. */
    public Map<String, Double> metrics() {
      return metrics;
    }

    /** Names the values until now. */
    public String checkpoint() {
      return checkpoint;
    }
  }

  /**
   * A seed for a replicate, 31 bits, the same for every trial of the study: configurations are
   * compared under the same chance, which tells them apart sooner. FNV-1a of "STUDY/NUMBER", mixed
   * as in SplitMix64: the same in every language.
   */
  public long seed(long number) {
    long mixed = 0xcbf29ce484222325L;
    for (byte one : (study + "/" + number).getBytes(StandardCharsets.UTF_8)) {
      mixed = (mixed ^ (one & 0xff)) * 0x100000001b3L;
    }
    mixed = (mixed ^ (mixed >>> 30)) * 0xbf58476d1ce4e5b9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
    return (mixed ^ (mixed >>> 31)) >>> 33;
  }

  /**
   * Takes the metrics of the next replicate, and returns what to report of all of them: {@code
   * trial.report(number, told.metrics(), told.checkpoint())}.
   *
   * @throws AshadException for one that lacks a metric of the others, has another or one without a
   *     value, and where the values have no room in a checkpoint; nothing changes then
   */
  public Told add(Map<String, ? extends Number> metrics) {
    if (metrics.isEmpty() || !(values.isEmpty() || values.keySet().equals(metrics.keySet()))) {
      String due = values.isEmpty() ? "at least one metric" : String.join(", ", values.keySet());
      throw AshadException.invalid("add: each replicate has the same metrics: " + due);
    }
    Map<String, List<Double>> kept = new TreeMap<>();
    metrics.forEach(
        (name, value) -> {
          List<Double> many = new ArrayList<>(values.getOrDefault(name, List.of()));
          many.add(Trial.numberOf(name, value));
          kept.put(name, many);
        });
    String checkpoint = written(kept);
    if (checkpoint.length() > LONGEST) {
      throw AshadException.invalid(
          "add: the values of "
              + kept.values().iterator().next().size()
              + (" replicates are too many to be kept: " + checkpoint.length() + " of " + LONGEST)
              + " characters; report fewer metrics");
    }
    values = kept;
    Map<String, Double> told = new LinkedHashMap<>();
    kept.forEach((name, many) -> told.put(name, of(many)));
    return new Told(told, checkpoint);
  }

  private double of(List<Double> many) {
    double[] ranked = many.stream().mapToDouble(Double::doubleValue).toArray();
    if (Arrays.stream(ranked).anyMatch(Double::isNaN)) {
      return Double.NaN;
    }
    if (quantile < 0) {
      return mean(ranked);
    }
    Arrays.sort(ranked);
    double place = quantile * (ranked.length - 1);
    int low = (int) place;
    double share = place - low;
    return share == 0 ? ranked[low] : ranked[low] * (1 - share) + ranked[low + 1] * share;
  }

  /** The sum with what each step loses kept apart (Neumaier, 1974): ten tenths are one. */
  private static double mean(double[] many) {
    double sum = 0;
    double lost = 0;
    for (double value : many) {
      double next = sum + value;
      lost += Math.abs(sum) >= Math.abs(value) ? (sum - next) + value : (value - next) + sum;
      sum = next;
    }
    return Double.isFinite(sum) ? (sum + lost) / many.length : sum;
  }

  /** The checkpoint: {@code ashad:replicates:error=1.0,2.0;loss=0.5,NaN}. */
  private static String written(Map<String, List<Double>> values) {
    return values.entrySet().stream()
        .map(
            one ->
                URLEncoder.encode(one.getKey(), StandardCharsets.UTF_8).replace("+", "%20")
                    + "="
                    + one.getValue().stream().map(String::valueOf).collect(Collectors.joining(",")))
        .collect(Collectors.joining(";", PREFIX, ""));
  }

  /** The values in a checkpoint; none where it is of another kind. */
  private static Map<String, List<Double>> read(String checkpoint) {
    Map<String, List<Double>> values = new TreeMap<>();
    if (!checkpoint.startsWith(PREFIX)) {
      return values;
    }
    try {
      for (String one : checkpoint.substring(PREFIX.length()).split(";", -1)) {
        int sign = Math.max(one.indexOf('='), 0);
        List<Double> many = new ArrayList<>();
        for (String number : one.substring(sign + 1).split(",", -1)) {
          many.add(Double.valueOf(number));
        }
        values.put(URLDecoder.decode(one.substring(0, sign), StandardCharsets.UTF_8), many);
      }
    } catch (IllegalArgumentException broken) { // a number, or what follows a %
      values.clear();
    }
    return values;
  }
}
