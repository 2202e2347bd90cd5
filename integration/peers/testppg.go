package peers

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/process"
)

// testPPG is where Debian's kannel-extras puts Kannel's Push Initiator.
const testPPG = "/usr/lib/kannel/test/test_ppg"

// A Push is one submission by Kannel's test_ppg, which packs a PAP control document and a content into a MIME message of its
// own making.
type Push struct {
	URL                string
	Username, Password string // HTTP basic
	Control            string // the PAP document
	Kind               string // "si" or "sl"; test_ppg derives the content type
	Content            string
}

// SubmitByTestPPG submits p and returns what test_ppg logged. It fails the test unless test_ppg itself took the answer for a
// push-response and counts the push as a success.
func SubmitByTestPPG(t testing.TB, p Push) string {
	t.Helper()
	Need(t, TestPPG)
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	config := fmt.Sprintf("group = test-ppg\nretries = 0\n\ngroup = configuration\npush-url = %q\npap-file = %q\ncontent-file = %q\nusername = %q\npassword = %q\n",
		p.URL, write("control.xml", p.Control), write("content.xml", p.Content), p.Username, p.Password)
	// -q leaves out hex dumps of what is sent, -b puts the credentials into a header instead of the URL.
	cmd := exec.Command(testPPG, "-q", "-b", "-c", p.Kind, write("test_ppg.conf", config))
	run := process.Start(t, "test_ppg", cmd, nil)
	if err := run.Wait(t, time.Minute); err != nil {
		t.Fatalf("test_ppg: %v", err)
	}
	log := run.Log()
	if !strings.Contains(log, "TEST_PPG: and type push response") || !strings.Contains(log, " 1 succeeded, 0 failed") {
		t.Fatalf("test_ppg did not get a push-response:\n%s", log)
	}
	return log
}
