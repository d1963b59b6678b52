package ashad

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"time"
)

const probeTimeout = 3 * time.Second

// diagnose opens one connection beside gRPC's after a try that failed, and returns what is wrong
// with its TLS and does not heal by itself; nil where that is not why it failed. gRPC's own error
// does not name the certificate.
func (o Options) diagnose(ctx context.Context) *Error {
	address := strings.TrimPrefix(o.Address[strings.LastIndex(o.Address, "/")+1:], "dns:")
	host, _, err := net.SplitHostPort(address)
	if err != nil || strings.HasPrefix(o.Address, "unix") || os.Getenv("ASHAD_USE_PROXY") == "1" {
		return nil
	}
	asked, err := o.probe(ctx, address)
	if asked && closed(err) { // it takes no client without a certificate, or it just went down
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return nil
		}
		asked, err = o.probe(ctx, address)
	}
	var unverified *tls.CertificateVerificationError
	switch {
	case o.CA == "":
		if err == nil || alerted(err) || errors.As(err, &unverified) {
			return misuse("TLS_REQUIRED", o.Address+" speaks TLS: give CA (ASHAD_CA), the CA of its certificate")
		}
	case errors.As(err, &unverified):
		return o.unverified(host, unverified)
	case errors.As(err, &tls.RecordHeaderError{}):
		return misuse("TLS_NOT_SPOKEN", o.Address+
			" does not speak TLS: leave out CA (ASHAD_CA), or start the daemon with --tls-cert and --tls-key")
	case asked && closed(err):
		return misuse("TLS_CLIENT_REFUSED", o.Address+" takes only clients with a certificate that its own CA signed: "+
			"give Cert and Key (ASHAD_CERT, ASHAD_KEY)")
	}
	return nil
}

// probe makes one handshake and, by the CA, waits for the first byte, since TLS 1.3 refuses a client
// only after its handshake. It returns what came of that, and whether the client was asked for a
// certificate.
func (o Options) probe(ctx context.Context, address string) (asked bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if o.CA != "" {
		if config, err = o.tls(); err != nil {
			return false, err
		}
	}
	config.NextProtos = []string{"h2"}
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		asked = true
		if len(config.Certificates) > 0 {
			return &config.Certificates[0], nil
		}
		return &tls.Certificate{}, nil
	}
	conn, err := (&tls.Dialer{Config: config}).DialContext(ctx, "tcp", address)
	if err != nil {
		return asked, err
	}
	defer conn.Close()
	if o.CA != "" {
		deadline, _ := ctx.Deadline()
		_ = conn.SetReadDeadline(deadline)
		_, err = conn.Read(make([]byte, 1))
	}
	return asked, err
}

// alerted says whether the other side refused in the words of TLS.
func alerted(err error) bool {
	var refused *net.OpError
	return errors.As(err, &refused) && refused.Op == "remote error"
}

func closed(err error) bool {
	return alerted(err) || errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET)
}

// unverified says why a certificate does not do.
func (o Options) unverified(host string, err *tls.CertificateVerificationError) *Error {
	cert := err.UnverifiedCertificates[0]
	theirs := "the certificate of " + o.Address
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		if time.Now().Before(cert.NotBefore) {
			return misuse("TLS_EXPIRED", fmt.Sprintf("%s is valid only from %s: check the clocks", theirs, instant(cert.NotBefore)))
		}
		return misuse("TLS_EXPIRED", fmt.Sprintf("%s expired at %s: make a new one (ashad certs init) and send the daemon SIGHUP",
			theirs, instant(cert.NotAfter)))
	case errors.As(err, &x509.HostnameError{}):
		names := cert.DNSNames
		for _, ip := range cert.IPAddresses {
			names = append(names, ip.String())
		}
		return misuse("TLS_NAME_MISMATCH", fmt.Sprintf("%s is for %s, not for %s: connect by one of its names, or make one that has this name (ashad certs init)",
			theirs, strings.Join(names, ", "), host))
	}
	return misuse("TLS_UNTRUSTED", fmt.Sprintf("%s was signed by %q, and by no CA in %s: set CA (ASHAD_CA) to the ca.pem that was made with it (%v)",
		theirs, cert.Issuer.CommonName, o.CA, err.Err))
}

func instant(at time.Time) string { return at.UTC().Format("2006-01-02 15:04 UTC") }
