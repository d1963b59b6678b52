/**
 * What is wrong with the TLS of a daemon that cannot be reached, and does not heal by itself.
 *
 * It opens a connection of its own beside the transport's, whose errors name no certificate. It
 * sends nothing and keeps nothing.
 */
import { setTimeout as delay } from "node:timers/promises";
import { isIP } from "node:net";
import { connect, type PeerCertificate } from "node:tls";
import { type AshadError, misuse } from "./errors.js";
import type { Settings, Target } from "./settings.js";

const PROBE_MS = 3_000;
const NO_TLS = new Set(["ERR_SSL_WRONG_VERSION_NUMBER", "ERR_SSL_PACKET_LENGTH_TOO_LONG"]);

/** The settings, for one address. */
type One = Pick<Settings, "tls" | "caPath"> & Target;

/** What one handshake came to. */
interface Probe {
  certificate?: PeerCertificate; // that it showed
  flaw?: string; // why that does not do, in OpenSSL's word
  error?: string; // why there is no connection
  dropped?: boolean; // it hung up after the handshake, without a byte
}

/** Say what is wrong, within the time left; undefined where TLS is not why a try failed. */
export async function diagnose(settings: One, leftMs: number): Promise<AshadError | undefined> {
  const deadline = performance.now() + leftMs;
  const look = () => handshake(settings, Math.min(PROBE_MS, deadline - performance.now()));
  const { address, place, tls } = settings;
  if (place.path) return undefined;
  let probe = await look();
  if (!tls && probe.certificate) {
    const text = `${address} speaks TLS: give ca (ASHAD_CA), the CA of its certificate`;
    return misuse("TLS_REQUIRED", text);
  }
  if (tls && NO_TLS.has(probe.error ?? "")) {
    const text = `${address} does not speak TLS: leave out ca (ASHAD_CA), or start the daemon with`;
    return misuse("TLS_NOT_SPOKEN", `${text} --tls-cert and --tls-key`);
  }
  if (tls && probe.certificate && probe.flaw)
    return unverified(settings, probe.certificate, probe.flaw);
  if (!tls || !probe.dropped || leftMs < 2_000) return undefined;
  await delay(1_000); // it takes no client without a certificate, or it just went down
  probe = await look();
  if (!probe.dropped) return undefined;
  const text = `${address} takes only clients with a certificate that its own CA signed: give cert`;
  return misuse("TLS_CLIENT_REFUSED", `${text} and key (ASHAD_CERT, ASHAD_KEY)`);
}

function unverified(settings: One, certificate: PeerCertificate, flaw: string): AshadError {
  const { address, place } = settings;
  const theirs = `the certificate of ${address}`;
  if (flaw === "CERT_HAS_EXPIRED") {
    const mend = "make a new one (ashad certs init) and send the daemon SIGHUP";
    return misuse("TLS_EXPIRED", `${theirs} expired at ${certificate.valid_to}: ${mend}`);
  }
  if (flaw === "CERT_NOT_YET_VALID") {
    const text = `${theirs} is valid only from ${certificate.valid_from}: check the clocks`;
    return misuse("TLS_EXPIRED", text);
  }
  if (flaw === "ERR_TLS_CERT_ALTNAME_INVALID") {
    const names = (certificate.subjectaltname ?? "").replace(/\b(DNS|IP Address):/g, "");
    const mend = "connect by one of its names, or make one that has this name (ashad certs init)";
    const text = `${theirs} is for ${names}, not for ${hostOf(place.host)}: ${mend}`;
    return misuse("TLS_NAME_MISMATCH", text);
  }
  const by = `was signed by "${String(certificate.issuer.CN)}", and by no CA in ${settings.caPath}`;
  const mend = "set ca (ASHAD_CA) to the ca.pem that was made with it";
  return misuse("TLS_UNTRUSTED", `${theirs} ${by}: ${mend} (${flaw})`);
}

const hostOf = (place: string) => new URL(`http://${place}`).hostname.replace(/^\[|\]$/g, "");

function handshake({ place, tls }: One, ms: number): Promise<Probe> {
  const host = hostOf(place.host);
  const port = Number(/\d+$/.exec(place.host)?.[0]);
  return new Promise((resolve) => {
    const probe: Probe = {};
    const socket = connect({
      ...{ host, port, ...tls, minVersion: "TLSv1.2", ALPNProtocols: ["h2"] },
      ...(isIP(host) ? {} : { servername: host }),
      rejectUnauthorized: false, // to see what it shows; nothing is sent
    });
    const done = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(probe);
    };
    const hangUp = () => {
      probe.dropped = probe.certificate !== undefined;
      done();
    };
    const timer = setTimeout(done, Math.max(0, ms));
    socket.once("secureConnect", () => {
      probe.certificate = socket.getPeerCertificate();
      if (!socket.authorized) probe.flaw = String(socket.authorizationError);
      if (!tls || probe.flaw) done();
    });
    // By TLS 1.3 a client is refused only after its handshake.
    socket.once("data", done).once("end", hangUp).once("close", hangUp);
    socket.on("error", (error: NodeJS.ErrnoException) => {
      probe.error = error.code ?? error.message;
      hangUp();
    });
  });
}
