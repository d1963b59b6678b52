package dev.ashad.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A daemon with TLS, certificates of its clients, and tokens. */
class SecurityTest extends DaemonTest {
  private static Path certs;
  private static Path token;

  @BeforeAll
  static void secure() throws Exception {
    daemon.close();
    daemon =
        new Daemon(
            "--tls-cert",
            "certs/server.pem",
            "--tls-key",
            "certs/server.key",
            "--tls-client-ca",
            "certs/ca.pem",
            "--require-tokens");
    certs = daemon.folder.resolve("certs");
    Daemon.run(daemon.folder, "certs", "init", "127.0.0.1", "--client", "me", "--folder", "certs");
    token = daemon.folder.resolve("token");
    Files.writeString(token, newToken());
    daemon.start();
  }

  private static String newToken() throws Exception {
    return Daemon.run(daemon.folder, "token", "create", "--role", "admin", "--db", "ashad.db");
  }

  @Override
  ClientBuilder builder() {
    return super.builder()
        .ca(certs.resolve("ca.pem"))
        .cert(certs.resolve("me.pem"), certs.resolve("me.key"))
        .tokenFile(token);
  }

  @Test
  void wholeLoop() {
    String study = study();
    connect().run(study, trial -> trial.report(1, 1.0));
    assertEquals("COMPLETED", stateOf(study, 2));
  }

  @Test
  void whatIsMissing() {
    AshadException refused =
        assertThrows(AshadException.class, () -> connect(builder().tokenFile(null)).study("x"));
    assertEquals("UNAUTHENTICATED", refused.code());
    assertEquals("TOKEN_MISSING", refused.reason());
    Map<String, ClientBuilder> wrong =
        Map.of(
            "TLS_CLIENT_REFUSED", builder().cert(null, null),
            "TLS_UNTRUSTED", builder().ca(certs.resolve("me.pem")),
            "TLS_REQUIRED", super.builder());
    wrong.forEach(
        (reason, builder) ->
            assertEquals(
                reason,
                assertThrows(AshadException.class, () -> connect(builder).study("x")).reason()));
  }

  @Test
  void theTokenIsReadForEachTry() throws Exception {
    String study = study();
    Client client = connect();
    Trial trial = client.suggest(study).orElseThrow();
    String good = Files.readString(token);
    Files.delete(token);
    assertEquals("UNREACHABLE", trial.report(1, 1.0).reason());
    assertTrue(logged("TOKEN_UNREADABLE"));
    Files.writeString(token, good);
    until(() -> trial.report(1, 1.0).reason().equals("BETWEEN_RUNGS"));
    Files.writeString(token, "ashad_worker_wrong");
    AshadException refused = assertThrows(AshadException.class, () -> trial.report(2, 1.0));
    assertEquals("UNAUTHENTICATED", refused.code());
    assertFalse(log.stream().anyMatch(line -> line.contains(good.strip())));
    Files.writeString(token, good);
    trial.report(2, 1.0);
    trial.release();
  }
}
