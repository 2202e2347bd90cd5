package box

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/process"
)

// ESMEPassword is what the ESMEs of every SMSC here bind with.
const ESMEPassword = "push-pwd"

// An SMSC is a push SMSC: a folder with its configuration, and the process "ppgbox smsc" while it runs.
type SMSC struct {
	// Address is where ESMEs connect to, Admin the URL of the admin listener.
	Address, Admin string

	folder, binary string
	process        *process.Process
}

// NewSMSC writes a configuration: the listeners, and after them the given TOML with at least one [[esme]] and one [[delivery]]. The
// password file of every ESME is "esme.password".
func NewSMSC(t testing.TB, binary, toml string) *SMSC {
	t.Helper()
	listen, admin := process.FreeAddress(t), process.FreeAddress(t)
	s := &SMSC{Address: listen, Admin: "http://" + admin, folder: t.TempDir(), binary: binary}
	hash, err := command(binary, s.folder, ESMEPassword, "password")
	if err != nil {
		t.Fatal(err)
	}
	configuration := fmt.Sprintf("[smsc]\nlisten = %q\nadmin = %q\n\n", listen, admin) + toml
	for name, content := range map[string]string{"esme.password": hash, "smsc.toml": configuration} {
		if err := os.WriteFile(filepath.Join(s.folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// Start runs "ppgbox smsc" and returns when it takes submissions: the delivery side is bound.
func (s *SMSC) Start(t testing.TB) {
	t.Helper()
	cmd := exec.Command(s.binary, "smsc", "--config", "smsc.toml")
	cmd.Dir = s.folder
	s.process = process.Start(t, "ppgbox smsc", cmd, nil)
	process.Eventually(t, patience, "ppgbox smsc is ready", func() bool {
		select {
		case <-s.process.Done():
			t.Fatal("ppgbox smsc has ended")
		default:
		}
		standing, ok := s.Standing()
		return ok && standing.OK
	})
}

// A Standing is what the SMSC says of itself.
type Standing struct {
	OK        bool `json:"ok"`
	Suspended int  `json:"suspended"` // transactions without a result
	Held      int  `json:"held"`      // segments that wait for others of their message
	Binds     int  `json:"binds"`     // of ESMEs
}

// Standing asks the SMSC; false if it does not answer.
func (s *SMSC) Standing() (Standing, bool) {
	client := http.Client{Timeout: time.Second}
	response, err := client.Get(s.Admin + "/readyz")
	if err != nil {
		return Standing{}, false
	}
	defer response.Body.Close()
	var standing Standing
	return standing, json.NewDecoder(response.Body).Decode(&standing) == nil
}

// AwaitSuspended returns when the SMSC has at least n transactions without a result.
func (s *SMSC) AwaitSuspended(t testing.TB, n int) {
	t.Helper()
	process.Eventually(t, patience, fmt.Sprintf("%d transactions are suspended", n), func() bool {
		standing, ok := s.Standing()
		return ok && standing.Suspended >= n
	})
}

// Kill ends the SMSC as kill -9 does.
func (s *SMSC) Kill(t testing.TB) {
	t.Helper()
	s.process.Kill()
}

// Stop ends the SMSC as an operator does, with SIGTERM, and fails the test unless it ends well.
func (s *SMSC) Stop(t testing.TB) {
	t.Helper()
	s.process.Signal(syscall.SIGTERM)
	if err := s.process.Wait(t, patience); err != nil {
		t.Errorf("ppgbox smsc ended with: %v", err)
	}
}

// Log returns what the SMSC printed since its last start.
func (s *SMSC) Log() string { return s.process.Log() }
