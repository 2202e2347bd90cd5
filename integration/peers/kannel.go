package peers

import (
	_ "embed" // Kannel's configuration
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/process"
)

// Where Debian puts Kannel's boxes.
const (
	bearerbox = "/usr/sbin/bearerbox"
	wapbox    = "/usr/sbin/wapbox"
)

// KannelSystemID is what a Kannel binds as.
const KannelSystemID = "kannel"

//go:embed kannel.conf
var kannelConfiguration string

// A Kannel is a bearerbox with a wapbox. Whatever its configuration can leave out is left out, so that it runs with Kannel's
// defaults: ten submissions unanswered at once (max-pending-submits), 60 s for an answer (wait-ack).
type Kannel struct {
	// PPG is the URL where wapbox takes pushes, from anybody.
	PPG string

	folder string
}

// StartKannel starts a Kannel that submits to an SMSC over so many links.
func StartKannel(t testing.TB, smsc, password string, links int) *Kannel {
	t.Helper()
	Need(t, Bearerbox)
	host, port, err := net.SplitHostPort(smsc)
	if err != nil {
		t.Fatal(err)
	}
	portOf := func() string {
		_, port, _ := net.SplitHostPort(process.FreeAddress(t))
		return port
	}
	k := &Kannel{folder: t.TempDir()}
	ppg, admin, wap, sms := portOf(), portOf(), portOf(), portOf()
	k.PPG = "http://127.0.0.1:" + ppg + "/wappush"
	text := strings.NewReplacer(
		"ADMIN", admin, "WAPBOX", wap, "SMSBOX", sms, "PPG", ppg, "FOLDER", k.folder, "HOST", host, "PORT", port,
		"SYSTEM_ID", KannelSystemID, "PASSWORD", password, "LINKS", strconv.Itoa(links),
	).Replace(kannelConfiguration)
	path := filepath.Join(k.folder, "kannel.conf")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	start := func(program string) {
		cmd := exec.Command(program, path)
		cmd.Dir = k.folder
		process.Start(t, filepath.Base(program), cmd, nil)
	}
	start(bearerbox)
	process.Eventually(t, 20*time.Second, "bearerbox is bound", func() bool {
		response, err := http.Get("http://127.0.0.1:" + admin + "/status.txt")
		if err != nil {
			return false
		}
		defer response.Body.Close()
		status := make([]byte, 16<<10)
		n, _ := response.Body.Read(status)
		return strings.Count(string(status[:n]), "(online") == links
	})
	start(wapbox)
	awaitListener(t, "wapbox", "127.0.0.1:"+ppg)
	return k
}

// Log returns what bearerbox has written to its log.
func (k *Kannel) Log(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(k.folder, "bearerbox.log"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
