package dev.ashad.client;

import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ChannelCredentials;
import io.grpc.ClientInterceptors;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;

/**
 * The connection to one address: makes one try of one call, and turns what gRPC throws into {@link
 * AshadException}. It never retries. A token goes over TLS or to this machine only; it is in no log
 * and no error.
 */
final class Line {
  private static final Pattern LOCAL =
      Pattern.compile("(unix:|(dns:(//.*/)?)?(localhost|127\\.[0-9.]+|\\[::1\\]|::1)(:|$))");
  private static final Pattern TOKEN = Pattern.compile("[!-~]+");
  private static final Metadata.Key<String> AUTHORIZATION = key("authorization");
  private static final Metadata.Key<String> REASON = key("ashad-reason");
  private static final Metadata.Key<String> PUSHBACK = key("grpc-retry-pushback-ms");

  private final String address;
  private final Path tokenFile;
  private final ManagedChannel channel;
  private final Diagnosis diagnosis;
  private final Epoch epoch;

  /**
   * Opens a channel that connects when it is first used. All paths may be null.
   *
   * @throws AshadException INVALID_ARGUMENT for what cannot be right
   */
  Line(
      String address, Path ca, Path cert, Path key, Path tokenFile, boolean useProxy, Epoch epoch) {
    this.address = address;
    this.epoch = epoch;
    this.tokenFile = tokenFile;
    ChannelCredentials credentials = credentials(ca, cert, key);
    checkToken(ca != null);
    // What is beside a proxy says nothing of what is behind it.
    this.diagnosis = useProxy ? null : new Diagnosis(address, ca, cert, key);
    try {
      ManagedChannelBuilder<?> builder =
          Grpc.newChannelBuilder(target(address), credentials)
              .disableRetry()
              // A study with a large space, in a list, is longer than the 4 MiB of gRPC's own
              // limit.
              .maxInboundMessageSize(16 << 20)
              .keepAliveTime(30, SECONDS)
              .keepAliveTimeout(10, SECONDS)
              .keepAliveWithoutCalls(true)
              .proxyDetector(useProxy ? new EnvironmentProxy(System.getenv()) : target -> null);
      this.channel = builder.build();
    } catch (RuntimeException error) { // of several kinds, one of them gRPC's own
      throw AshadException.invalid(
          (ca == null ? "address: " : "address, ca, cert or key: ") + error.getMessage());
    }
  }

  /**
   * Makes one try.
   *
   * @param away whether the daemon did not answer the try before
   * @param wait do not fail at once while there is no connection, but use all of the time given
   */
  <Q, A> A call(MethodDescriptor<Q, A> method, Q request, long nanos, boolean away, boolean wait) {
    if (Thread.currentThread().isInterrupted()) {
      throw AshadException.interrupted();
    }
    long end = System.nanoTime() + nanos;
    CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(nanos, NANOSECONDS);
    if (away) {
      channel.resetConnectBackoff(); // which would grow to two minutes
    }
    if (wait) {
      options = options.withWaitForReady();
    }
    AtomicReference<Metadata> beside = new AtomicReference<>(new Metadata());
    try {
      A answer = ClientCalls.blockingUnaryCall(dressed(beside), method, options, request);
      epoch.hear(beside.get());
      return answer;
    } catch (StatusRuntimeException error) {
      throw diagnosed(translate(error), wait, end);
    }
  }

  /** Says what is wrong with TLS where that is why there is no answer, within the time left. */
  private AshadException diagnosed(AshadException error, boolean wait, long end) {
    // Who waits for a connection hears only that there was none in time.
    boolean mute = error.code().equals("UNAVAILABLE");
    boolean late = wait && error.code().equals("DEADLINE_EXCEEDED");
    if (diagnosis == null || !error.reason().isEmpty() || !(mute || late)) {
      return error;
    }
    long millis = late ? Diagnosis.PROBE_MILLIS : NANOSECONDS.toMillis(end - System.nanoTime());
    AshadException wrong = diagnosis.diagnose(millis);
    return wrong == null ? error : wrong;
  }

  void close() {
    channel.shutdownNow();
  }

  /** The channel with what goes with each try, and a place for what stands beside its answer. */
  private Channel dressed(AtomicReference<Metadata> beside) {
    Metadata headers = new Metadata();
    if (tokenFile != null) {
      headers.put(AUTHORIZATION, "Bearer " + token());
    }
    epoch.show(headers);
    return ClientInterceptors.intercept(
        channel,
        MetadataUtils.newAttachHeadersInterceptor(headers),
        MetadataUtils.newCaptureMetadataInterceptor(new AtomicReference<>(), beside));
  }

  /** What the token's file holds now. As an outage: one being replaced is there at the next try. */
  private String token() {
    String token;
    try {
      token = Files.readString(tokenFile, StandardCharsets.US_ASCII).strip();
    } catch (IOException error) {
      throw unreadable("cannot be read as text (" + error.getClass().getSimpleName() + ")");
    }
    if (!TOKEN.matcher(token).matches()) {
      throw unreadable("holds no token: one line, please");
    }
    return token;
  }

  private AshadException unreadable(String why) {
    return new AshadException(
        "UNAVAILABLE", "TOKEN_UNREADABLE", "token file: " + tokenFile + " " + why);
  }

  private void checkToken(boolean secure) {
    if (tokenFile == null) {
      return;
    }
    try {
      token();
    } catch (AshadException error) {
      throw AshadException.invalid(error.getMessage());
    }
    if (!secure && !LOCAL.matcher(address).lookingAt()) {
      throw AshadException.invalid(
          "token file: a token is not sent in the clear to "
              + address
              + ": give ca (ASHAD_CA), the CA of the daemon's certificate");
    }
  }

  /** What gRPC calls an address: a host is asked of DNS, even one that reads like a scheme. */
  private static String target(String address) {
    if (address.startsWith("dns:") || address.startsWith("unix:")) {
      return address;
    }
    try {
      return new URI("dns", "", "/" + address, null).toString(); // [::1] in the way of a URI
    } catch (URISyntaxException error) {
      throw AshadException.invalid("address: " + error.getMessage());
    }
  }

  private static ChannelCredentials credentials(Path ca, Path cert, Path key) {
    if ((cert == null) != (key == null)) {
      throw AshadException.invalid("cert and key go together: give both, or neither");
    }
    if (ca == null && cert != null) {
      throw AshadException.invalid("cert: shown over TLS only, so give ca as well");
    }
    if (ca == null) {
      return InsecureChannelCredentials.create();
    }
    try {
      TlsChannelCredentials.Builder tls =
          TlsChannelCredentials.newBuilder().trustManager(pem("ca", ca));
      return (cert == null ? tls : tls.keyManager(pem("cert", cert), pem("key", key))).build();
    } catch (IOException error) {
      throw AshadException.invalid("ca, cert or key: " + error.getMessage());
    }
  }

  private static ByteArrayInputStream pem(String field, Path path) {
    byte[] content;
    try {
      content = Files.readAllBytes(path);
    } catch (IOException error) {
      throw AshadException.invalid(
          field + ": " + path + " cannot be read (" + error.getClass().getSimpleName() + ")");
    }
    if (!new String(content, StandardCharsets.ISO_8859_1).contains("-----BEGIN ")) {
      throw AshadException.invalid(field + ": " + path + " is no PEM file");
    }
    return new ByteArrayInputStream(content);
  }

  private static AshadException translate(StatusRuntimeException error) {
    Status status = error.getStatus();
    if (Thread.currentThread().isInterrupted() && status.getCode() == Status.Code.CANCELLED) {
      return AshadException.interrupted();
    }
    Metadata trailers = error.getTrailers() == null ? new Metadata() : error.getTrailers();
    String reason = trailers.get(REASON);
    // A connection that broke as the call was written, or something on the port that speaks no
    // HTTP/2, a proxy that says 503 for example: gRPC tells these by a cause only.
    boolean broken =
        (status.getCode() == Status.Code.UNKNOWN && status.getCause() instanceof IOException)
            || (status.getCode() == Status.Code.INTERNAL && status.getCause() != null);
    return new AshadException(
        (broken ? Status.Code.UNAVAILABLE : status.getCode()).name(),
        reason == null ? "" : reason,
        describe(status),
        millis(trailers.get(PUSHBACK)),
        Epoch.in(trailers));
  }

  private static String describe(Status status) {
    String description = status.getDescription() == null ? "no details" : status.getDescription();
    Throwable cause = status.getCause();
    return cause == null || cause.getMessage() == null
        ? description
        : description + ": " + cause.getMessage();
  }

  private static long millis(String pushback) {
    try {
      return pushback == null ? -1 : Long.parseLong(pushback);
    } catch (NumberFormatException error) {
      return -1;
    }
  }

  private static Metadata.Key<String> key(String name) {
    return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }
}
