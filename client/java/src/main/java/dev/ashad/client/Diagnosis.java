package dev.ashad.client;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * What is wrong with the TLS of a daemon that cannot be reached, and does not heal by itself. Looks
 * at the port by a handshake of its own beside gRPC's, whose errors do not name the certificate;
 * sends no call and no token, and retries nothing.
 */
final class Diagnosis {
  static final int PROBE_MILLIS = 3000;
  private static final int PAUSE_MILLIS = 1000;

  private final String address;
  private final String host;
  private final int port;
  private final Path ca;
  private final Path cert;
  private final Path key;

  /** All paths may be null. */
  Diagnosis(String address, Path ca, Path cert, Path key) {
    this.address = address;
    String bare = address.replaceFirst("^dns:(//[^/]*/)?", "");
    int colon = bare.lastIndexOf(':');
    boolean known = colon > 0 && bare.substring(colon + 1).matches("[0-9]{1,5}");
    this.host = known ? bare.substring(0, colon).replaceAll("[\\[\\]]", "") : "";
    this.port = known ? Integer.parseInt(bare.substring(colon + 1)) : 0;
    this.ca = ca;
    this.cert = cert;
    this.key = key;
  }

  /** Says what is wrong, within a time; null where TLS is not why a try failed. */
  AshadException diagnose(long millis) {
    if (host.isEmpty() || address.startsWith("unix:") || millis < 1) {
      return null;
    }
    try {
      Probe probe = new Probe((int) Math.min(PROBE_MILLIS, millis));
      if (ca == null) {
        return probe.shown == null
            ? null
            : wrong(
                "REQUIRED", address + " speaks TLS: give ca (ASHAD_CA), the CA of its certificate");
      }
      if (probe.plain) {
        return wrong(
            "NOT_SPOKEN",
            address
                + " does not speak TLS: leave out ca (ASHAD_CA), or start the daemon with"
                + " --tls-cert and --tls-key");
      }
      if (probe.flaw != null) {
        return unverified(probe.shown, probe.flaw);
      }
      if (!probe.refused() || millis < PROBE_MILLIS) {
        return null;
      }
      Thread.sleep(PAUSE_MILLIS); // or did it just go down?
      return new Probe(PROBE_MILLIS).refused()
          ? wrong(
              "CLIENT_REFUSED",
              address
                  + " takes only clients with a certificate that its --tls-client-ca signed: give"
                  + " cert and key (ASHAD_CERT, ASHAD_KEY)")
          : null;
    } catch (InterruptedException error) {
      throw AshadException.interrupted();
    } catch (IOException | GeneralSecurityException error) {
      return null; // it is away
    }
  }

  private AshadException unverified(X509Certificate shown, Exception flaw)
      throws GeneralSecurityException {
    String theirs = "the certificate of " + address;
    if (Instant.now().isAfter(shown.getNotAfter().toInstant())) {
      return wrong(
          "EXPIRED",
          theirs
              + " expired at "
              + shown.getNotAfter().toInstant()
              + ": make a new one (ashad certs init) and send the daemon SIGHUP");
    }
    if (Instant.now().isBefore(shown.getNotBefore().toInstant())) {
      return wrong(
          "EXPIRED",
          theirs
              + " is valid only from "
              + shown.getNotBefore().toInstant()
              + ": check the clocks");
    }
    if (flaw.getMessage().startsWith("No subject alternative")
        || flaw.getMessage().startsWith("No name matching")) {
      Collection<List<?>> found = shown.getSubjectAlternativeNames();
      String names =
          (found == null ? List.<List<?>>of() : found)
              .stream().map(name -> String.valueOf(name.get(1))).collect(Collectors.joining(", "));
      return wrong(
          "NAME_MISMATCH",
          theirs
              + " is for "
              + names
              + ", not for "
              + host
              + ": connect by one of its names, or make one that has this name (ashad certs init)");
    }
    return wrong(
        "UNTRUSTED",
        theirs
            + " was signed by \""
            + shown.getIssuerX500Principal().getName()
            + "\", and by no CA in "
            + ca
            + ": set ca (ASHAD_CA) to the ca.pem that was made with it ("
            + flaw.getMessage()
            + ")");
  }

  private static AshadException wrong(String what, String message) {
    return AshadException.misuse("TLS_" + what, message);
  }

  /** What one handshake came to. */
  private final class Probe {
    X509Certificate shown;
    CertificateException flaw;
    boolean plain;
    boolean asked; // for a certificate of the client's own
    boolean hungUp;

    Probe(int millis) throws IOException, GeneralSecurityException {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(new KeyManager[] {new AskedFor()}, new TrustManager[] {new Shown()}, null);
      try (Socket tcp = new Socket()) {
        tcp.connect(new InetSocketAddress(host, port), millis);
        tcp.setSoTimeout(millis);
        SSLSocket tls = (SSLSocket) context.getSocketFactory().createSocket(tcp, host, port, true);
        SSLParameters parameters = tls.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {"h2"});
        parameters.setEndpointIdentificationAlgorithm(ca == null ? null : "HTTPS");
        tls.setSSLParameters(parameters);
        tls.startHandshake();
        // By TLS 1.3 a client is refused only after its handshake.
        hungUp = ca != null && tls.getInputStream().read() < 0;
      } catch (SSLException error) {
        // The JDK has a text for this, and no type.
        plain = String.valueOf(error.getMessage()).startsWith("Unsupported or unrecognized");
        hungUp = !plain && flaw == null;
      } catch (EOFException | SocketException error) {
        hungUp = true;
      }
    }

    boolean refused() {
      return asked && hungUp;
    }

    /** Notes what the daemon shows, and verifies it by the CA where there is one. */
    private final class Shown extends X509ExtendedTrustManager {
      private final X509ExtendedTrustManager trusted = ca == null ? null : trusted();

      Shown() throws IOException, GeneralSecurityException {}

      private X509ExtendedTrustManager trusted() throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        for (X509Certificate one : certificates(ca)) {
          store.setCertificateEntry(one.getSerialNumber().toString(), one);
        }
        TrustManagerFactory factory =
            TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return (X509ExtendedTrustManager) factory.getTrustManagers()[0];
      }

      @Override
      public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
          throws CertificateException {
        shown = chain[0];
        if (trusted == null) {
          return;
        }
        try {
          trusted.checkServerTrusted(chain, type, socket);
        } catch (CertificateException error) {
          flaw = error;
          throw error;
        }
      }

      @Override
      public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
          throws CertificateException {
        throw new CertificateException("a socket, please");
      }

      @Override
      public void checkServerTrusted(X509Certificate[] chain, String type)
          throws CertificateException {
        throw new CertificateException("a socket, please");
      }

      @Override
      public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

      @Override
      public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

      @Override
      public void checkClientTrusted(X509Certificate[] chain, String type) {}

      @Override
      public X509Certificate[] getAcceptedIssuers() {
        return new X509Certificate[0];
      }
    }

    /** Notes that the daemon asks for a certificate, and gives the client's own. */
    private final class AskedFor extends X509ExtendedKeyManager {
      @Override
      public String chooseClientAlias(String[] type, Principal[] issuers, Socket socket) {
        asked = true;
        return cert == null ? null : "client";
      }

      @Override
      public X509Certificate[] getCertificateChain(String alias) {
        try {
          return certificates(cert).toArray(X509Certificate[]::new);
        } catch (IOException | GeneralSecurityException error) {
          return null;
        }
      }

      @Override
      public PrivateKey getPrivateKey(String alias) {
        try {
          String pem = Files.readString(key, ISO_8859_1);
          byte[] der =
              Base64.getMimeDecoder().decode(pem.replaceAll("(?s)-----[^-]*-----", "").strip());
          return KeyFactory.getInstance(certificates(cert).get(0).getPublicKey().getAlgorithm())
              .generatePrivate(new PKCS8EncodedKeySpec(der));
        } catch (IOException | GeneralSecurityException error) {
          return null;
        }
      }

      @Override
      public String[] getClientAliases(String type, Principal[] issuers) {
        return new String[] {"client"};
      }

      @Override
      public String[] getServerAliases(String type, Principal[] issuers) {
        return new String[0];
      }

      @Override
      public String chooseServerAlias(String type, Principal[] issuers, Socket socket) {
        return null;
      }
    }
  }

  private static List<X509Certificate> certificates(Path pem)
      throws IOException, GeneralSecurityException {
    try (InputStream file = Files.newInputStream(pem)) {
      return CertificateFactory.getInstance("X.509").generateCertificates(file).stream()
          .map(X509Certificate.class::cast)
          .collect(Collectors.toList());
    }
  }
}
