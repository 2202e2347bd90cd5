package peers

import (
	"embed"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/process"
)

// FreeRADIUS is the server of that name.
var FreeRADIUS = Part{"FreeRADIUS", program("freeradius")}

//go:embed freeradius
var freeradius embed.FS

// A FreeRADIUSServer writes down what it answers.
type FreeRADIUSServer struct {
	Address string
	detail  string
}

// StartFreeRADIUSProxy starts a FreeRADIUS at a UDP address that passes accounting on to the next server. Everybody has the same
// secret.
func StartFreeRADIUSProxy(t testing.TB, address, next, secret string) {
	t.Helper()
	host, port := splitAddress(t, next)
	startFreeRADIUS(t, "proxy", address, secret, "NEXT_HOST", host, "NEXT_PORT", port)
}

// StartFreeRADIUSServer starts a FreeRADIUS at a UDP address that writes accounting down.
func StartFreeRADIUSServer(t testing.TB, address, secret string) *FreeRADIUSServer {
	t.Helper()
	folder := startFreeRADIUS(t, "server", address, secret)
	return &FreeRADIUSServer{Address: address, detail: filepath.Join(folder, "detail")}
}

// Records returns the accounting requests that FreeRADIUS has taken, as it writes them: a line for each attribute.
func (f *FreeRADIUSServer) Records(t testing.TB) []string {
	t.Helper()
	text, err := os.ReadFile(f.detail)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	var records []string
	for _, r := range strings.Split(string(text), "\n\n") {
		if strings.TrimSpace(r) != "" {
			records = append(records, r)
		}
	}
	return records
}

// startFreeRADIUS returns the folder that it runs in.
func startFreeRADIUS(t testing.TB, role, address, secret string, more ...string) string {
	t.Helper()
	Need(t, FreeRADIUS)
	text, err := freeradius.ReadFile("freeradius/" + role + ".conf")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	host, port := splitAddress(t, address)
	for name, content := range map[string]string{
		role + ".conf": strings.NewReplacer(append(more, "CLIENTS", "0.0.0.0/0", "HOST", host, "PORT", port, "SECRET", secret)...).Replace(string(text)),
		"dictionary":   "$INCLUDE /usr/share/freeradius/dictionary\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("freeradius", "-f", "-l", "stdout", "-d", ".", "-n", role)
	cmd.Dir = folder
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	before := Own().Listeners(t, "udp", number) // at other addresses
	p := process.Start(t, "FreeRADIUS, "+role, cmd, nil)
	process.Eventually(t, 20*time.Second, "FreeRADIUS listens at "+address, func() bool {
		select {
		case <-p.Done():
			t.Fatal("FreeRADIUS has ended")
		default:
		}
		return Own().Listeners(t, "udp", number) > before
	})
	return folder
}

func splitAddress(t testing.TB, address string) (host, port string) {
	t.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	return host, port
}
