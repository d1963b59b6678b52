package dev.ashad.client;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** One real daemon; it keeps its port and its file over restarts. */
final class Daemon implements AutoCloseable {
  private static final Pattern LISTENING = Pattern.compile("listening on (\\S+),");

  final Path folder;
  String address = "127.0.0.1:0";
  private final List<String> options;
  private Process process;

  Daemon(String... options) throws IOException {
    this.folder = Files.createTempDirectory("ashad-java");
    this.options = List.of(options);
  }

  /** The daemon's executable: ASHAD_DAEMON, else that of the repository. */
  static String executable() {
    String given = System.getenv("ASHAD_DAEMON");
    return given == null ? Path.of("../../.venv/bin/ashad").toAbsolutePath().toString() : given;
  }

  /** A command of the daemon's, run to its end; returns what it printed. */
  static String run(Path folder, String... words) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(executable()));
    command.addAll(List.of(words));
    Process done =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectError(ProcessBuilder.Redirect.appendTo(folder.resolve("run.log").toFile()))
            .start();
    String output = new String(done.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (done.waitFor() != 0) {
      throw new IOException(command + ": " + Files.readString(folder.resolve("run.log")));
    }
    return output;
  }

  Daemon start() throws IOException {
    List<String> command = new ArrayList<>(List.of(executable(), "--address", address));
    command.addAll(List.of("--db", folder.resolve("ashad.db").toString()));
    command.addAll(options);
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("ASHAD_"));
    Path log = folder.resolve("daemon.log");
    process = builder.redirectError(ProcessBuilder.Redirect.appendTo(log.toFile())).start();
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    String line =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))
            .readLine();
    Matcher found = LISTENING.matcher(String.valueOf(line));
    if (!found.find()) {
      throw new IOException("the daemon did not start: " + line + "\n" + Files.readString(log));
    }
    address = found.group(1);
    return this;
  }

  /** Starts it while this thread is in the client. */
  Thread startSoon() {
    Thread thread =
        new Thread(
            () -> {
              try {
                start();
              } catch (IOException error) {
                throw new IllegalStateException(error);
              }
            });
    thread.start();
    return thread;
  }

  /** Kills it with -9, as a crash would. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /**
   * Stops its processor time, so that it takes connections and answers nothing; or lets it go on.
   */
  void freeze(boolean frozen) throws IOException, InterruptedException {
    String signal = frozen ? "-STOP" : "-CONT";
    new ProcessBuilder("kill", signal, String.valueOf(process.pid())).start().waitFor();
  }

  boolean running() {
    return process != null && process.isAlive();
  }

  @Override
  public void close() throws IOException {
    process.destroy();
    process.onExit().orTimeout(30, TimeUnit.SECONDS).join();
    try (Stream<Path> files = Files.walk(folder)) {
      files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
    }
  }
}
