package dev.ashad.client;

import io.grpc.HttpConnectProxiedSocketAddress;
import io.grpc.ProxiedSocketAddress;
import io.grpc.ProxyDetector;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Map;
import java.util.regex.Pattern;

/** The HTTP proxy that the environment names, as gRPC in other languages reads it. */
final class EnvironmentProxy implements ProxyDetector {
  private static final int HTTP_PORT = 80;
  private static final Pattern SEPARATOR = Pattern.compile("[, ]+");

  private final String proxy;
  private final String exempt;

  EnvironmentProxy(Map<String, String> environment) {
    proxy = first(environment, "grpc_proxy", "https_proxy", "http_proxy");
    exempt = first(environment, "no_grpc_proxy", "no_proxy");
  }

  @Override
  public ProxiedSocketAddress proxyFor(SocketAddress target) throws IOException {
    if (proxy.isEmpty() || !(target instanceof InetSocketAddress)) {
      return null;
    }
    InetSocketAddress address = (InetSocketAddress) target;
    if (isExempt(address.getHostString())) {
      return null;
    }
    URI uri = uri();
    int port = uri.getPort() < 0 ? HTTP_PORT : uri.getPort();
    InetSocketAddress way = new InetSocketAddress(uri.getHost(), port);
    if (way.isUnresolved()) {
      throw new IOException("the proxy " + uri.getHost() + " is not known");
    }
    HttpConnectProxiedSocketAddress.Builder made =
        HttpConnectProxiedSocketAddress.newBuilder().setProxyAddress(way).setTargetAddress(address);
    if (uri.getUserInfo() != null) {
      String[] user = uri.getUserInfo().split(":", 2);
      made.setUsername(user[0]).setPassword(user.length > 1 ? user[1] : "");
    }
    return made.build();
  }

  private URI uri() throws IOException {
    try {
      URI uri = new URI(proxy.contains("://") ? proxy : "http://" + proxy);
      if (uri.getHost() != null) {
        return uri;
      }
    } catch (URISyntaxException error) { // falls through: it may hold a password
    }
    throw new IOException("the proxy of the environment is no URL");
  }

  private boolean isExempt(String host) {
    return SEPARATOR
        .splitAsStream(exempt)
        .anyMatch(suffix -> !suffix.isEmpty() && host.endsWith(suffix));
  }

  private static String first(Map<String, String> environment, String... names) {
    for (String name : names) {
      String value = environment.getOrDefault(name, "");
      if (!value.isEmpty()) {
        return value;
      }
    }
    return "";
  }
}
