package dev.ashad.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashad.v1.StudyLimits;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the end of a JVM does to the trial that its client holds. */
class ProcessTest extends DaemonTest {
  /** A training in a JVM of its own: reports once, says so, and ends as it is told. */
  public static final class Main {
    /** STUDY HOW. */
    public static void main(String[] args) throws Exception {
      Client client = Client.builder().shutdownHook(!args[1].equals("hookless")).connect();
      client.run(
          args[0],
          trial -> {
            trial.report(1, 1.0);
            System.out.println("reported");
            switch (args[1]) {
              case "throw" -> throw new IllegalStateException("in the loop");
              case "exit" -> System.exit(3);
              case "return" -> {}
              default -> Thread.sleep(60_000);
            }
          });
      System.out.println("finished");
    }

    private Main() {}
  }

  private static Process start(String study, String how, Map<String, String> more)
      throws Exception {
    String java = ProcessHandle.current().info().command().orElse("java");
    List<String> command =
        List.of(
            java, "-cp", System.getProperty("java.class.path"), Main.class.getName(), study, how);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("ASHAD_ADDRESS", daemon.address);
    builder.environment().putAll(more);
    return builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
  }

  private static BufferedReader reader(Process process) {
    return new BufferedReader(
        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @CsvSource({
    "throw, 1, FAILED, IllegalStateException: in the loop",
    "exit, 3, QUEUED, ''",
    "return, 0, COMPLETED, ''",
  })
  void endOfTheProgram(String how, int status, String state, String message) throws Exception {
    String study = study(spec().setLimits(StudyLimits.newBuilder().setMaxTrials(1)));
    Process process = start(study, how, Map.of());
    assertTrue(process.waitFor(60, TimeUnit.SECONDS)); // no thread of ours holds it up
    assertEquals(status, process.exitValue());
    assertEquals(state, stateOf(study, 0));
    assertEquals(message, messageOf(study, 0));
  }

  @ParameterizedTest
  @CsvSource({"sleep, QUEUED", "hookless, RUNNING"})
  void terminated(String how, String state) throws Exception {
    String study = study();
    Process process = start(study, how, Map.of());
    assertEquals("reported", reader(process).readLine());
    process.destroy(); // SIGTERM
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    assertEquals(state, stateOf(study, 0));
  }

  @Test
  void proxiesOfTheEnvironment() throws Exception {
    String study = study();
    String dead = "http://127.0.0.1:9";
    Map<String, String> environment =
        Map.of("http_proxy", dead, "https_proxy", dead, "grpc_proxy", dead, "no_proxy", "");
    Process process = start(study, "return", environment);
    assertEquals("reported", reader(process).readLine());
    process.waitFor();
    Map<String, String> taken = Map.of("grpc_proxy", dead, "no_proxy", "", "ASHAD_USE_PROXY", "1");
    Process lost = start(study(), "return", taken);
    assertTrue(!lost.waitFor(3, TimeUnit.SECONDS)); // it waits for the way to be there
    lost.destroyForcibly().waitFor();
  }
}
