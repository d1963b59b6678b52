package ashad

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
)

// Version of this client.
const Version = "0.2.0"

const (
	defaultPort = "2742"
	// A page of a list, or a study with a large space, may be longer than gRPC's own limit.
	largestAnswer = 16 << 20
)

// Options of Connect. A zero field is taken from the environment, else from the default.
type Options struct {
	// Address is host:port, or several with commas, which are tried in turn until one answers;
	// ASHAD_ADDRESS, 127.0.0.1:2742.
	Address string
	// Worker is a stable worker id, which makes a restarted worker recognisable and must be held by
	// one process at a time; ASHAD_WORKER, else one that no other client object has.
	Worker string
	// CA is a PEM file: the connection is TLS, verified by it; ASHAD_CA. Cert and Key are the
	// client's own certificate, for a daemon that asks for one; ASHAD_CERT, ASHAD_KEY.
	CA, Cert, Key string
	// TokenFile holds the token, and is read for each try; ASHAD_TOKEN_FILE. A token goes over TLS
	// or loopback only.
	TokenFile string

	Outage       time.Duration // ride out a daemon that is away for so long (24 h)
	MaxWait      time.Duration // let the daemon hold a request for a trial so long (30 s, at most 5 min)
	CloseTimeout time.Duration // spend at most so long in Close on what is still to be sent (30 s)
	CallTimeout  time.Duration // of a call about studies, retries included (60 s)
	Logger       *slog.Logger  // slog.Default()
}

var (
	workerForm = regexp.MustCompile(`^[!-~]{1,200}$`)
	localForm  = regexp.MustCompile(`^(unix:|unix-abstract:|(dns:(//[^/]*/)?|passthrough:///)?(localhost|127\.[0-9.]+|\[::1\]|::1)(:|$))`)
	schemeForm = regexp.MustCompile(`^(dns|unix|unix-abstract):`)
	tokenForm  = regexp.MustCompile(`^[!-~]+$`)
)

// settle fills in what was not given; it reads each file once, so that a wrong one is told at once.
func (o Options) settle() (Options, error) {
	for _, one := range []struct {
		field    *string
		variable string
	}{
		{&o.Address, "ASHAD_ADDRESS"}, {&o.Worker, "ASHAD_WORKER"}, {&o.CA, "ASHAD_CA"},
		{&o.Cert, "ASHAD_CERT"}, {&o.Key, "ASHAD_KEY"}, {&o.TokenFile, "ASHAD_TOKEN_FILE"},
	} {
		if *one.field == "" {
			*one.field = os.Getenv(one.variable)
		}
	}
	for _, one := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&o.Outage, 24 * time.Hour}, {&o.MaxWait, 30 * time.Second},
		{&o.CloseTimeout, 30 * time.Second}, {&o.CallTimeout, 60 * time.Second},
	} {
		if *one.field == 0 {
			*one.field = one.value
		}
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.MaxWait < 0 || o.MaxWait > 5*time.Minute {
		return o, invalid("MaxWait: 0 to 5 minutes")
	}
	if o.Worker == "" {
		o.Worker = uniqueWorker()
	} else if !workerForm.MatchString(o.Worker) {
		return o, invalid("Worker: 1 to 200 printable ASCII characters without spaces, please")
	}
	var err error
	if o.Address, err = targets(o.Address); err != nil {
		return o, err
	}
	return o, o.checkSecurity()
}

func (o Options) checkSecurity() error {
	if (o.Cert == "") != (o.Key == "") {
		return invalid("Cert and Key go together: give both, or neither")
	}
	if o.Cert != "" && o.CA == "" {
		return invalid("Cert: a certificate is shown over TLS only, so give CA as well")
	}
	if o.TokenFile == "" {
		return nil
	}
	if _, err := o.token(); err != nil {
		return invalid(err.(*Error).Message)
	}
	for _, address := range splitTargets(o.Address) {
		if o.CA == "" && !localForm.MatchString(address) {
			return invalid("TokenFile: a token is not sent in the clear to " + address +
				": give CA (ASHAD_CA), the CA of the daemon's certificate")
		}
	}
	return nil
}

// token returns what the file of the token holds now. A file that is being replaced is there again
// at the next try, so that this error is transient.
func (o Options) token() (string, error) {
	raw, err := os.ReadFile(o.TokenFile)
	text := strings.TrimSpace(string(raw))
	if err == nil && !tokenForm.MatchString(text) {
		err = fmt.Errorf("%s holds no token: one line, please", o.TokenFile)
	}
	if err != nil {
		return "", &Error{Code: "UNAVAILABLE", Reason: "TOKEN_UNREADABLE",
			Message: "TokenFile: " + err.Error(), pushback: -1}
	}
	return text, nil
}

func (o Options) dial() (*grpc.ClientConn, error) {
	transport := insecure.NewCredentials()
	if o.CA != "" {
		config, err := o.tls()
		if err != nil {
			return nil, err
		}
		transport = credentials.NewTLS(config)
	}
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(transport),
		grpc.WithDisableRetry(),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(largestAnswer)),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{
			Time: 30 * time.Second, Timeout: 10 * time.Second, PermitWithoutStream: true,
		}),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff: backoff.Config{
				BaseDelay: 200 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2,
				MaxDelay: 20 * time.Second,
			},
			MinConnectTimeout: 5 * time.Second,
		}),
	}
	if os.Getenv("ASHAD_USE_PROXY") != "1" { // a proxy in the environment breaks even 127.0.0.1
		options = append(options, grpc.WithNoProxy())
	}
	return grpc.NewClient(o.Address, options...)
}

func (o Options) tls() (*tls.Config, error) {
	raw, err := os.ReadFile(o.CA)
	if err != nil {
		return nil, invalid("CA: " + err.Error())
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(raw) {
		return nil, invalid("CA: " + o.CA + " is no PEM file of certificates")
	}
	config := &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	if o.Cert != "" {
		pair, err := tls.LoadX509KeyPair(o.Cert, o.Key)
		if err != nil {
			return nil, invalid("Cert and Key: " + err.Error())
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

// targets returns what gRPC calls each address, the port filled in.
func targets(addresses string) (string, error) {
	var found []string
	for _, address := range splitTargets(addresses) {
		one, err := target(strings.Trim(address, " "))
		switch {
		case err != nil:
			return "", err
		case one == "" && addresses == "":
			one = "127.0.0.1:" + defaultPort
		case one == "":
			return "", invalid(fmt.Sprintf("Address: %q names none between two commas", addresses))
		case slices.Contains(found, one):
			return "", invalid(fmt.Sprintf("Address: %q names %s twice: give each daemon once", addresses, one))
		}
		found = append(found, one)
	}
	return strings.Join(found, ","), nil
}

// splitTargets splits addresses by their commas; what names its scheme is one, commas and all.
func splitTargets(addresses string) []string {
	if schemeForm.MatchString(addresses) {
		return []string{addresses}
	}
	return strings.Split(addresses, ",")
}

func target(address string) (string, error) {
	scheme, _, found := strings.Cut(address, "://")
	if found && scheme != "dns" && scheme != "unix" {
		return "", invalid(fmt.Sprintf("Address: host:port without %s://, please: %q", scheme, address))
	}
	if address == "" || schemeForm.MatchString(address) {
		return address, nil
	}
	if strings.HasSuffix(address, "]") || !strings.Contains(address, ":") {
		address += ":" + defaultPort
	}
	port := address[strings.LastIndex(address, ":")+1:]
	if number, err := strconv.ParseUint(port, 10, 16); err != nil || number == 0 {
		return "", invalid(fmt.Sprintf("Address: %q has no port from 1 to 65535", address))
	}
	return address, nil
}

func uniqueWorker() string {
	host, err := os.Hostname()
	if err != nil || host == "" {
		host = "host"
	}
	host = regexp.MustCompile(`[^!-~]`).ReplaceAllString(host, "-")
	return fmt.Sprintf("%.100s-%d-%s", host, os.Getpid(), random(6))
}

// random returns so many bytes in hexadecimal.
func random(bytes int) string {
	raw := make([]byte, bytes)
	_, _ = rand.Read(raw) // it never fails
	return hex.EncodeToString(raw)
}
