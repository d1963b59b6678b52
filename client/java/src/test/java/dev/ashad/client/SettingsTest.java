package dev.ashad.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.HttpConnectProxiedSocketAddress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Arguments first, then the environment, then defaults; what cannot be right is refused. */
class SettingsTest {
  @TempDir Path folder;

  private static Client connect(Map<String, String> environment) {
    return new ClientBuilder(environment).connect();
  }

  private static String refusal(UnaryOperator<ClientBuilder> set) {
    return refusal(set, Map.of());
  }

  private static String refusal(UnaryOperator<ClientBuilder> set, Map<String, String> environment) {
    ClientBuilder builder = set.apply(new ClientBuilder(environment));
    AshadException refused = assertThrows(AshadException.class, builder::connect);
    assertEquals("INVALID_ARGUMENT", refused.code());
    assertEquals("INVALID_ARGUMENT", refused.reason());
    return refused.getMessage();
  }

  @ParameterizedTest
  @CsvSource({
    "trainer.example, trainer.example:2742",
    "trainer.example:9, trainer.example:9",
    "localhost, localhost:2742",
    "[::1], [::1]:2742",
    "[::1]:9, [::1]:9",
    "ipv4:127.0.0.1:9, 127.0.0.1:9",
    "ipv6:[::1]:9, [::1]:9",
    "dns:///trainer:9, dns:///trainer:9",
    "unix:/run/ashad.sock, unix:/run/ashad.sock",
  })
  void addresses(String given, String expected) {
    try (Client client = new ClientBuilder(Map.of()).address(given).connect()) {
      assertEquals(expected, client.address());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://trainer:1",
        "two words",
        "trainer:port",
        "trainer:65536",
        "trainer:",
        "::1",
        "a^b:1"
      })
  void addressesThatAreNone(String given) {
    assertTrue(refusal(builder -> builder.address(given)).contains("address: "));
  }

  @Test
  void theEnvironment() {
    try (Client client = connect(Map.of("ASHAD_ADDRESS", "there:9", "ASHAD_WORKER", "slot-2"))) {
      assertEquals("there:9", client.address());
      assertEquals("slot-2", client.worker());
    }
    try (Client one = connect(Map.of());
        Client two = connect(Map.of("ASHAD_ADDRESS", ""))) {
      assertEquals("127.0.0.1:2742", two.address());
      assertNotEquals(one.worker(), two.worker());
      assertTrue(one.worker().contains("-" + ProcessHandle.current().pid() + "-"));
    }
  }

  @Test
  void whatCannotBeRight() {
    assertTrue(refusal(builder -> builder.worker("two words")).contains("worker: "));
    assertTrue(refusal(builder -> builder.maxWait(Duration.ofSeconds(301))).contains("maxWait: "));
    assertTrue(refusal(builder -> builder.outage(Duration.ofSeconds(-1))).contains("outage: "));
    assertTrue(refusal(builder -> builder.closeTimeout(null)).contains("closeTimeout: "));
    Duration eternity = Duration.ofSeconds(Long.MAX_VALUE);
    ClientBuilder builder = new ClientBuilder(Map.of());
    builder.outage(eternity).closeTimeout(eternity).callTimeout(eternity).connect().close();
  }

  @Test
  void filesAreReadAtConnect() throws Exception {
    Path text = Files.writeString(folder.resolve("text"), "no PEM, no token: two words\n");
    Path pem = Files.writeString(folder.resolve("pem"), "-----BEGIN CERTIFICATE-----\nx\n");
    Path token = Files.writeString(folder.resolve("token"), "secret\n");
    Path absent = folder.resolve("absent");
    assertTrue(refusal(builder -> builder.ca(absent)).contains("ca: " + absent));
    assertTrue(refusal(builder -> builder.ca(text)).contains("is no PEM file"));
    assertTrue(refusal(builder -> builder.ca(pem)).contains("ca"));
    assertTrue(refusal(builder -> builder.cert(pem, null)).contains("cert and key go together"));
    assertTrue(refusal(builder -> builder.cert(pem, pem)).contains("give ca as well"));
    assertTrue(refusal(builder -> builder.tokenFile(absent)).contains("token file: " + absent));
    assertTrue(refusal(builder -> builder.tokenFile(text)).contains("one line, please"));
    assertTrue(refusal(builder -> builder.tokenFile(folder)).contains("cannot be read"));
    Map<String, String> environment = Map.of("ASHAD_TOKEN_FILE", token.toString());
    for (String far :
        new String[] {"trainer:1", "192.0.2.1:1", "localhost.example:1", "dns:///x"}) {
      String refused = refusal(builder -> builder.address(far), environment);
      assertTrue(refused.contains("not sent in the clear to " + far), refused);
      assertTrue(!refused.contains("secret"), refused);
    }
    for (String near : new String[] {"localhost:1", "127.0.0.1:1", "[::1]:1", "unix:/x"}) {
      new ClientBuilder(environment).address(near).connect().close();
    }
  }

  @Test
  void theProxyOfTheEnvironment() throws IOException {
    InetSocketAddress target = InetSocketAddress.createUnresolved("trainer.example", 2742);
    assertNull(new EnvironmentProxy(Map.of()).proxyFor(target));
    Map<String, String> named = Map.of("http_proxy", "http://me:secret@127.0.0.1:3128");
    var proxied = (HttpConnectProxiedSocketAddress) new EnvironmentProxy(named).proxyFor(target);
    assertEquals(3128, ((InetSocketAddress) proxied.getProxyAddress()).getPort());
    assertEquals("me", proxied.getUsername());
    assertEquals("secret", proxied.getPassword());
    Map<String, String> exempt =
        Map.of("https_proxy", "proxy:1", "no_proxy", "a.example, .example");
    assertNull(new EnvironmentProxy(exempt).proxyFor(target));
    for (String wrong : new String[] {"http://me:secret@", "a b", "http://host.invalid:1"}) {
      EnvironmentProxy none = new EnvironmentProxy(Map.of("http_proxy", wrong));
      IOException refused = assertThrows(IOException.class, () -> none.proxyFor(target));
      assertTrue(!refused.getMessage().contains("secret"));
    }
  }
}
