package dev.ashad.client;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a client is told: arguments first, then the environment, then defaults. Null means not
 * given.
 */
public final class ClientBuilder {
  private static final int PORT = 2742;
  private static final int LAST_PORT = 65_535;
  private static final String DEFAULT_ADDRESS = "127.0.0.1:" + PORT;
  private static final Duration LONGEST_WAIT = Duration.ofMinutes(5);
  private static final Pattern WORKER = Pattern.compile("[!-~]{1,200}");
  private static final Pattern KNOWN_SCHEME = Pattern.compile("(dns|ipv4|ipv6|unix):");
  private static final Pattern SCHEME = Pattern.compile("(\\w[\\w+.-]*)://.*");

  private final Map<String, String> environment;
  private String address;
  private Path ca;
  private Path cert;
  private Path key;
  private Path tokenFile;
  private String givenWorker;
  String worker;
  Duration outage = Duration.ofHours(24);
  Duration maxWait = Duration.ofSeconds(30);
  Duration closeTimeout = Duration.ofSeconds(30);
  Duration callTimeout = Duration.ofSeconds(60);
  boolean shutdownHook = true;

  ClientBuilder(Map<String, String> environment) {
    this.environment = environment;
  }

  /**
   * Where the daemon is, {@code host:port}, or several with commas, which are tried in turn until
   * one answers; else ASHAD_ADDRESS, else 127.0.0.1:2742.
   */
  public ClientBuilder address(String address) {
    this.address = address;
    return this;
  }

  /** PEM file of a CA: the connection is then TLS, verified by it; else ASHAD_CA. */
  public ClientBuilder ca(Path ca) {
    this.ca = ca;
    return this;
  }

  /** PEM files of a certificate of the client's own and its key; else ASHAD_CERT, ASHAD_KEY. */
  public ClientBuilder cert(Path cert, Path key) {
    this.cert = cert;
    this.key = key;
    return this;
  }

  /** File that holds the caller's token, read for each try; else ASHAD_TOKEN_FILE. */
  public ClientBuilder tokenFile(Path tokenFile) {
    this.tokenFile = tokenFile;
    return this;
  }

  /**
   * A stable worker id, which makes a restarted worker recognisable and must be held by one client
   * at a time; else ASHAD_WORKER, else one that no other client object has.
   */
  public ClientBuilder worker(String worker) {
    this.givenWorker = worker;
    return this;
  }

  /** Ride out a daemon that is away for so long. Default: 24 hours. */
  public ClientBuilder outage(Duration outage) {
    this.outage = outage;
    return this;
  }

  /** Let the daemon hold a request for a trial so long, at most 5 minutes. Default: 30 seconds. */
  public ClientBuilder maxWait(Duration maxWait) {
    this.maxWait = maxWait;
    return this;
  }

  /** Spend at most so long in close() on what is still to be sent. Default: 30 seconds. */
  public ClientBuilder closeTimeout(Duration closeTimeout) {
    this.closeTimeout = closeTimeout;
    return this;
  }

  /** Deadline of the calls about studies, retries included. Default: 60 seconds. */
  public ClientBuilder callTimeout(Duration callTimeout) {
    this.callTimeout = callTimeout;
    return this;
  }

  /**
   * Whether the JVM closes the client when it ends: by System.exit, Ctrl-C, SIGTERM or by itself.
   * Default: true. A host that ends its parts in an order of its own calls close() instead.
   */
  public ClientBuilder shutdownHook(boolean shutdownHook) {
    this.shutdownHook = shutdownHook;
    return this;
  }

  /**
   * Makes the client. It connects when it is first used, so this never fails for want of a daemon.
   *
   * @throws AshadException INVALID_ARGUMENT for what cannot be right
   */
  public Client connect() {
    worker = orEnvironment(givenWorker, "ASHAD_WORKER");
    if (worker == null) {
      worker = uniqueWorker();
    } else if (!WORKER.matcher(worker).matches()) {
      throw AshadException.invalid(
          "worker: 1 to 200 printable ASCII characters without spaces, please");
    }
    check("outage", outage);
    check("closeTimeout", closeTimeout);
    check("callTimeout", callTimeout);
    check("maxWait", maxWait);
    if (maxWait.compareTo(LONGEST_WAIT) > 0) {
      throw AshadException.invalid("maxWait: 0 to 300 seconds, not " + maxWait.toSeconds());
    }
    String given = orEnvironment(address, "ASHAD_ADDRESS");
    Link link =
        new Link(
            targets(given == null ? DEFAULT_ADDRESS : given),
            path(ca, "ASHAD_CA"),
            path(cert, "ASHAD_CERT"),
            path(key, "ASHAD_KEY"),
            path(tokenFile, "ASHAD_TOKEN_FILE"),
            "1".equals(environment.get("ASHAD_USE_PROXY")),
            new Epoch(worker));
    return new Client(this, link);
  }

  /** In nanoseconds, as far as they can be counted. */
  static long nanos(Duration duration) {
    boolean countable = duration.toSeconds() < Post.FOREVER / 1_000_000_000;
    return countable ? duration.toNanos() : Post.FOREVER;
  }

  static void check(String name, Duration duration) {
    if (duration == null || duration.isNegative()) {
      throw AshadException.invalid(name + ": 0 or longer, not " + duration);
    }
  }

  /** Each address with its port; what names its scheme is one, commas and all. */
  private static List<String> targets(String addresses) {
    List<String> found = new ArrayList<>();
    boolean one = KNOWN_SCHEME.matcher(addresses).lookingAt();
    for (String part : one ? new String[] {addresses} : addresses.split(",", -1)) {
      String address = part.replaceAll("^ +| +$", "");
      if (address.isEmpty()) {
        throw AshadException.invalid(
            "address: \"" + addresses + "\" names none between two commas");
      }
      String target = withPort(address);
      if (found.contains(target)) {
        throw AshadException.invalid(
            "address: \"" + addresses + "\" names " + target + " twice: give each daemon once");
      }
      found.add(target);
    }
    return found;
  }

  private static String withPort(String address) {
    Matcher scheme = SCHEME.matcher(address);
    if (scheme.matches() && !scheme.group(1).matches("dns|ipv4|ipv6|unix")) {
      throw AshadException.invalid("address: host:port without " + scheme.group(1) + "://, please");
    }
    if (address.startsWith("dns:") || address.startsWith("unix:")) {
      return address;
    }
    String host = address.replaceFirst("^ipv[46]:/*", "");
    if (!host.contains(":") || host.endsWith("]")) {
      return host + ":" + PORT;
    }
    String port = host.substring(host.lastIndexOf(':') + 1);
    if (!port.matches("0*[1-9]\\d{0,4}") || Integer.parseInt(port) > LAST_PORT) {
      throw AshadException.invalid("address: " + address + " has no port from 1 to " + LAST_PORT);
    }
    return host;
  }

  private String orEnvironment(String given, String variable) {
    String found = given == null || given.isEmpty() ? environment.get(variable) : given;
    return found == null || found.isEmpty() ? null : found;
  }

  private Path path(Path given, String variable) {
    String found = environment.getOrDefault(variable, "");
    return given != null || found.isEmpty() ? given : Path.of(found);
  }

  /** Host, process, random. */
  private static String uniqueWorker() {
    String host = hostName().replaceAll("[^!-~]", "-");
    String random = UUID.randomUUID().toString().replace("-", "").substring(0, 12);
    return host.substring(0, Math.min(host.length(), 100))
        + "-"
        + ProcessHandle.current().pid()
        + "-"
        + random;
  }

  private static String hostName() {
    try { // where it can be had without asking a name server
      return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    } catch (IOException absent) {
      try {
        return InetAddress.getLocalHost().getHostName();
      } catch (IOException unknown) {
        return "host";
      }
    }
  }
}
