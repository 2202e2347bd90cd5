package peers

import (
	_ "embed" // Kannel's configuration
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/process"
)

//go:embed kannelwap.conf
var wapGatewayConfiguration string

// StartWAPGateway starts a Kannel as the WAP gateway of a network, and returns the address where terminals ask it for pages without a
// session (WAP-230 §8, WAP-259 §6). There is one in a namespace.
func StartWAPGateway(t testing.TB, in *Namespace, address string) string {
	t.Helper()
	Need(t, Bearerbox)
	folder := t.TempDir()
	path := filepath.Join(folder, "kannel.conf")
	text := strings.NewReplacer("ADDRESS", address, "FOLDER", folder).Replace(wapGatewayConfiguration)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	start := func(program string) {
		cmd := in.Command(program, path)
		cmd.Dir = folder
		process.Start(t, filepath.Base(program), cmd, nil)
	}
	start(bearerbox)
	process.Eventually(t, 20*time.Second, "bearerbox listens", func() bool { return in.Listeners(t, "tcp", 13002) > 0 })
	start(wapbox)
	process.Eventually(t, 20*time.Second, "wapbox is ready", func() bool {
		log, err := os.ReadFile(filepath.Join(folder, "bearerbox.log"))
		return err == nil && strings.Contains(string(log), "Client connected from <127.0.0.1>") && in.Listeners(t, "udp", 9200) > 0
	})
	return address + ":9200"
}
