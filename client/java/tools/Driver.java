import dev.ashad.client.AshadException;
import dev.ashad.client.Best;
import dev.ashad.client.Client;
import dev.ashad.client.Decision;
import dev.ashad.client.Meter;
import dev.ashad.client.Replicates;
import dev.ashad.client.Trial;
import dev.ashad.v1.ChangeSpaceRequest;
import dev.ashad.v1.StudyLimits;
import dev.ashad.v1.StudySpec;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/**
 * Speaks for the Java client in a conversation (tests/contract/conversations): a line in, a line
 * out.
 */
public final class Driver {
  private static final Map<String, Client> CLIENTS = new HashMap<>();
  private static final Map<String, Trial> TRIALS = new HashMap<>();
  private static final Map<String, Replicates> JOINED = new HashMap<>();
  private static final Map<String, Meter> METERS = new HashMap<>();

  /** Answers each line of the input; what is held at its end is given back. */
  public static void main(String[] args) throws Exception {
    var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    var output = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      try {
        output.println(answer(line.split(" ", -1)));
      } catch (AshadException error) {
        System.err.println("error: " + error.getMessage());
        output.println("error " + error.code() + " " + orDash(error.reason()));
      }
    }
    System.exit(0);
  }

  private static String answer(String[] w) throws Exception {
    String name = w[1];
    Client client = CLIENTS.get(name);
    Trial trial = TRIALS.get(name);
    String rest = Arrays.stream(w).skip(2).collect(Collectors.joining(" "));
    return switch (w[0]) {
      case "client" -> ok(() -> CLIENTS.put(name, Client.builder().worker(w[2]).connect()));
      case "create_study" ->
          ok(() -> client.createStudy(w[2], StudySpec.parseFrom(Base64.getDecoder().decode(w[3]))));
      case "study" -> {
        var study = client.study(w[2]);
        String state = study.getState().name().replace("STUDY_STATE_", "");
        var counts = study.getCounts();
        yield state + " trials " + counts.getCreated() + " running " + counts.getRunning();
      }
      case "studies" -> joined(client.studies(), each -> each.getName());
      case "update_study" -> {
        var limits = StudyLimits.newBuilder().setMaxTrials(Long.parseLong(w[3]));
        yield ok(() -> client.updateStudy(w[2], limits.build()));
      }
      case "change_space" -> changeSpace(client, w[2], w[3]);
      case "pause_study" -> ok(() -> client.pauseStudy(w[2]));
      case "resume_study" -> ok(() -> client.resumeStudy(w[2]));
      case "stop_study" -> ok(() -> client.stopStudy(w[2]));
      case "delete_study" -> ok(() -> client.deleteStudy(w[2], w.length > 3));
      case "best" ->
          client
              .best(w[2])
              .map(
                  b ->
                      "trial %d at %d %s seed %d"
                          .formatted(b.trial(), b.resource(), hex(b.value()), b.seed()))
              .orElse("none");
      case "front" -> joined(client.front(w[2]), Driver::point);
      case "enqueue_trial" -> {
        Map<String, Object> params = new LinkedHashMap<>();
        pairs(w, 3).forEach((key, text) -> params.put(key, value(text)));
        yield "trial " + client.enqueueTrial(w[2], params).getTrial();
      }
      case "cancel_trial" -> state(client.cancelTrial(w[2], Long.parseLong(w[3])));
      case "get_trial" -> {
        var t = client.getTrial(w[2], Long.parseLong(w[3]));
        String where = " attempt " + t.getAttempt() + " resource " + t.getResource();
        yield state(t) + " " + orDash(t.getReason()) + where;
      }
      case "list_trials" -> joined(client.listTrials(w[2]), t -> t.getTrial() + ":" + state(t));
      case "list_reports" ->
          joined(
              client.listReports(w[2]),
              r -> r.getTrial() + "/" + r.getAttempt() + "@" + r.getResource());
      case "explain_trial" ->
          client.explainTrial(w[2], Long.parseLong(w[3])).getExplanationsCount() + " explanations";
      case "suggest" -> suggest(client, name, w[2]);
      case "params" ->
          joined(trial.params().entrySet(), e -> e.getKey() + "=" + word(e.getValue()));
      case "steps" -> joined(trial.steps(), String::valueOf);
      case "report" -> report(trial, w);
      case "replicates" ->
          ok(
              () ->
                  JOINED.put(
                      name, w.length == 2 ? trial.replicates() : trial.replicates(number(w[2]))));
      case "replicate" -> replicate(trial, JOINED.get(name), w);
      case "replicate_seed" -> String.valueOf(JOINED.get(name).seed(Long.parseLong(w[2])));
      case "meter" -> ok(() -> METERS.put(name, trial.meter(number(w[2]), Long.parseLong(w[3]))));
      case "clock" -> ok(() -> METERS.put(name, trial.clock(seconds(w[2]), Long.parseLong(w[3]))));
      case "spend" -> {
        Meter meter = METERS.get(name);
        if (w.length > 2) {
          meter.add(number(w[2]));
        }
        yield meter.resource() + (meter.due() ? " due" : "");
      }
      case "await_clock" -> {
        long begun = System.nanoTime();
        Meter clock = trial.clock(seconds(w[2]), 1);
        while (!clock.due()) {
          Thread.onSpinWait();
        }
        yield System.nanoTime() - begun < seconds(w[2]).toNanos() ? "early" : "ok";
      }
      case "should_stop" ->
          String.valueOf(
              w.length == 2
                  ? trial.shouldStop()
                  : client.shouldStop(w[2], Long.parseLong(w[3]), Integer.parseInt(w[4])));
      case "await_stop" -> {
        for (int i = 0; i < 500 && !trial.shouldStop(); i++) {
          Thread.sleep(20);
        }
        yield trial.shouldStop() ? words(trial.decision()) : "still running";
      }
      case "complete" -> ok(trial::complete);
      case "release" -> ok(trial::release);
      case "fail" -> ok(() -> trial.fail(rest));
      case "infeasible" -> ok(() -> trial.infeasible(rest));
      case "loop" -> loop(client, w[2], w.length > 3 ? Long.parseLong(w[3]) : 0);
      case "close" -> ok(client::close);
      default -> throw new IllegalArgumentException("no such verb: " + w[0]);
    };
  }

  private static String changeSpace(Client client, String study, String change) throws Exception {
    var asked = ChangeSpaceRequest.parseFrom(Base64.getDecoder().decode(change));
    Map<String, Object> past = new LinkedHashMap<>();
    asked.getPastValuesList().forEach(p -> past.put(p.getName(), p.getValue().getDoubleValue()));
    var space = asked.getSpaceList();
    var found =
        asked.getValidateOnly()
            ? client.changeSpace(study, space, past, true)
            : client.changeSpace(study, space, past);
    var version = found.getSpaceVersions(found.getSpaceVersionsCount() - 1);
    return ("version " + version.getVersion() + " from trial " + version.getFirstTrial() + ": ")
        + joined(found.getSpec().getSpaceList(), p -> p.getName());
  }

  private static String point(Best best) {
    String told = best.trial() + "@" + best.resource() + ":" + hex(best.value());
    for (var metric : new TreeMap<>(best.metrics()).entrySet()) {
      told += "," + metric.getKey() + "=" + hex(metric.getValue());
    }
    return told + (best.checkpoint().isEmpty() ? "" : "@" + best.checkpoint());
  }

  private static String suggest(Client client, String name, String study) {
    try {
      Trial trial = client.suggest(study, Duration.ofSeconds(1)).orElse(null);
      if (trial == null) {
        return "finished";
      }
      TRIALS.put(name, trial);
      String checkpoint = trial.resumeCheckpoint();
      return ("trial " + trial.number() + " attempt " + trial.attempt())
          + (" from " + trial.startResource() + " to " + trial.targetResource())
          + (checkpoint.isEmpty() ? "" : " checkpoint " + checkpoint);
    } catch (AshadException error) {
      if (error.reason().equals("NO_TRIAL")) {
        return "wait";
      }
      throw error;
    }
  }

  private static String report(Trial trial, String[] w) {
    Map<String, Double> metrics = new LinkedHashMap<>();
    if (!w[3].equals("none")) {
      metrics.put(trial.metric(), number(w[3]));
    }
    Map<String, String> given = pairs(w, 4);
    String checkpoint = given.containsKey("checkpoint") ? given.remove("checkpoint") : "";
    given.forEach((key, text) -> metrics.put(key, number(text)));
    return words(trial.report(Long.parseLong(w[2]), metrics, checkpoint));
  }

  private static String replicate(Trial trial, Replicates joined, String[] w) {
    Map<String, Double> metrics = new LinkedHashMap<>();
    pairs(w, 3).forEach((key, text) -> metrics.put(key, number(text)));
    Replicates.Told told = joined.add(metrics);
    Decision decision = trial.report(Long.parseLong(w[2]), told.metrics(), told.checkpoint());
    String said = joined(told.metrics().entrySet(), e -> e.getKey() + "=" + hex(e.getValue()));
    return said + " " + words(decision);
  }

  private static Duration seconds(String text) {
    return Duration.ofNanos(Math.round(number(text) * 1e9));
  }

  private static String loop(Client client, String study, long millis) throws Exception {
    int[] done = {0, 0};
    client.run(
        study,
        trial -> {
          done[0]++;
          for (long step : trial.steps()) {
            Thread.sleep(millis);
            trial.report(step, trial.number() * 7919 % 1009 / 1009.0 + 1.0 / step);
            done[1]++;
          }
        });
    return "trials " + done[0] + " reports " + done[1];
  }

  private static String words(Decision d) {
    String rung = "";
    if (d.rung().isPresent()) {
      rung = " rung " + d.rung().getAsInt() + " level " + d.level() + " rank " + d.rank();
      rung += " of " + d.size() + " quota " + d.quota();
    }
    return (d.action() + " " + orDash(d.reason()) + rung)
        + (d.nextResource() == 0 ? "" : " next " + d.nextResource())
        + (d.late() ? " late" : "")
        + (d.currentAttempt() == 0 ? "" : " current " + d.currentAttempt());
  }

  private static String word(Object value) {
    if (value instanceof Double number) {
      return "float:" + hex(number);
    }
    return (value instanceof Long ? "int:" : value instanceof Boolean ? "bool:" : "str:") + value;
  }

  private static Object value(String text) {
    String[] parts = text.split(":", 2);
    return switch (parts[0]) {
      case "int" -> Long.parseLong(parts[1]);
      case "bool" -> Boolean.parseBoolean(parts[1]);
      case "float" -> Double.longBitsToDouble(Long.parseUnsignedLong(parts[1], 16));
      default -> parts[1];
    };
  }

  private static double number(String text) {
    return switch (text) {
      case "nan" -> Double.NaN;
      case "inf" -> Double.POSITIVE_INFINITY;
      case "-inf" -> Double.NEGATIVE_INFINITY;
      default -> Double.parseDouble(text);
    };
  }

  private static Map<String, String> pairs(String[] w, int from) {
    Map<String, String> pairs = new LinkedHashMap<>();
    Arrays.stream(w).skip(from).map(word -> word.split("=", 2)).forEach(p -> pairs.put(p[0], p[1]));
    return pairs;
  }

  private static String state(dev.ashad.v1.Trial trial) {
    return trial.getState().name().replace("TRIAL_STATE_", "");
  }

  private static String hex(double value) {
    return String.format("%016x", Double.doubleToRawLongBits(value));
  }

  private static String orDash(String word) {
    return word.isEmpty() ? "-" : word;
  }

  private static <T> String joined(Iterable<T> items, Function<T, String> word) {
    var words = StreamSupport.stream(items.spliterator(), false).map(word).toList();
    return words.isEmpty() ? "none" : String.join(" ", words);
  }

  private interface Verb {
    void run() throws Exception;
  }

  private static String ok(Verb verb) throws Exception {
    verb.run();
    return "ok";
  }

  private Driver() {}
}
