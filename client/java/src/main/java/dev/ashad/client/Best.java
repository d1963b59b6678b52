package dev.ashad.client;

import dev.ashad.v1.Metric;
import dev.ashad.v1.StoredReport;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** A trial by its best report so far or, of a front, by its latest. */
public final class Best {
  private final dev.ashad.v1.Trial trial;
  private final StoredReport report;
  private final double value;
  private final Params params;

  Best(dev.ashad.v1.Trial trial, StoredReport report, double value) {
    this.trial = trial;
    this.report = report;
    this.value = value;
    this.params = new Params(trial.getParamsList());
  }

  /** Number of the trial. */
  public long trial() {
    return trial.getTrial();
  }

  /** Resource at which it was reached. */
  public long resource() {
    return report.getResource();
  }

  /** The metric. */
  public double value() {
    return value;
  }

  /** The configuration. */
  public Params params() {
    return params;
  }

  /** The seed that each attempt of the trial was given. */
  public long seed() {
    return trial.getSeed();
  }

  /** The other metrics of that report, by name. */
  public Map<String, Double> metrics() {
    Map<String, Double> metrics = new LinkedHashMap<>();
    for (Metric metric : report.getMetricsList()) {
      metrics.put(metric.getName(), metric.getValue());
    }
    return Collections.unmodifiableMap(metrics);
  }

  /** Named with that report, or empty; only the trial's latest is sure to be there still. */
  public String checkpoint() {
    return report.getCheckpointUri();
  }

  @Override
  public String toString() {
    return "trial " + trial() + " at " + resource() + ": " + value() + " " + params;
  }
}
