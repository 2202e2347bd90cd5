package box

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/initiator"
	"github.com/ppgbox/ppgbox/integration/process"
)

// The one Push Initiator that every box knows.
const (
	username = "pi"
	password = "not so secret"
)

// patience is how long a box may take to start or to stop: plugin processes start one after the other on a busy machine.
const patience = 60 * time.Second

// A Box is a gateway: a folder with its configuration and data, and the process while it runs.
type Box struct {
	// Folder holds ppgbox.toml, the password file and the store.
	Folder string
	// PAP is the URL of the PAP listener, Admin of the admin listener.
	PAP, Admin string

	binary  string
	process *process.Process
}

// Build compiles ppgbox into folder and returns its path. The settings are those of "make build", so that the build cache
// serves both.
func Build(folder string) (string, error) {
	binary := filepath.Join(folder, "ppgbox")
	cmd := exec.Command("go", "build", "-o", binary, "github.com/ppgbox/ppgbox/host/ppgbox")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building ppgbox: %w:\n%s", err, out)
	}
	return binary, nil
}

// New writes a configuration: gateway, listeners and one initiator, and after them the given TOML with plugins and policies.
func New(t testing.TB, binary, toml string) *Box {
	t.Helper()
	pap, admin := process.FreeAddress(t), process.FreeAddress(t)
	folder, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	b := &Box{Folder: folder, PAP: "http://" + pap + "/pap", Admin: "http://" + admin, binary: binary}
	hash, err := b.Command(password, "password")
	if err != nil {
		t.Fatal(err)
	}
	b.Write(t, "pi.password", hash)
	b.Write(t, "ppgbox.toml", fmt.Sprintf(`[gateway]
name  = "ppg.example.net"
store = "sqlite:data/ppgbox.db"

[listen]
pap   = %q
admin = %q

[[initiator]]
name = "pi"
username = %q
password_file = "pi.password"

`, pap, admin, username)+toml)
	return b
}

// Write writes a file in the box's folder.
func (b *Box) Write(t testing.TB, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(b.Folder, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Configuration returns what is in ppgbox.toml.
func (b *Box) Configuration(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(b.Folder, "ppgbox.toml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Command runs ppgbox with arguments in the box's folder and returns what it printed to standard output. The error holds
// what it printed to standard error.
func (b *Box) Command(stdin string, arguments ...string) (string, error) {
	return command(b.binary, b.Folder, stdin, arguments...)
}

func command(binary, folder, stdin string, arguments ...string) (string, error) {
	cmd := exec.Command(binary, arguments...)
	cmd.Dir = folder
	cmd.Stdin = strings.NewReader(stdin)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return string(out), fmt.Errorf("ppgbox %s: %w:\n%s", strings.Join(arguments, " "), err, stderr.String())
	}
	return string(out), nil
}

// Start runs "ppgbox serve", under a command such as strace if one is given, and returns when it is healthy.
func (b *Box) Start(t testing.TB, under ...string) {
	t.Helper()
	arguments := append(append([]string{}, under...), b.binary, "serve", "-c", "ppgbox.toml")
	cmd := exec.Command(arguments[0], arguments[1:]...)
	cmd.Dir = b.Folder
	b.process = process.Start(t, "ppgbox", cmd, nil)
	t.Cleanup(func() {
		for _, pid := range b.Processes(t) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	})
	process.Eventually(t, patience, "ppgbox is healthy", func() bool {
		select {
		case <-b.process.Done():
			t.Fatal("ppgbox has ended")
		default:
		}
		return b.Healthy()
	})
}

// Healthy reports whether the gateway says of itself that it is.
func (b *Box) Healthy() bool {
	client := http.Client{Timeout: time.Second}
	response, err := client.Get(b.Admin + "/healthz")
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// Client returns the Push Initiator that the box knows.
func (b *Box) Client() *initiator.Client { return initiator.NewClient(b.PAP, username, password) }

// Credentials returns the Push Initiator's username and password.
func (b *Box) Credentials() (string, string) { return username, password }

// Address returns the client address of a number or an IP address at this gateway (WAP-249 §7.1).
func (b *Box) Address(client string) string {
	kind := "PLMN"
	if ip := net.ParseIP(client); ip != nil {
		if kind = "IPv6"; ip.To4() != nil {
			kind = "IPv4"
		}
	}
	return "WAPPUSH=" + client + "/TYPE=" + kind + "@ppg.example.net"
}

// PID returns the host's process id, also where it runs under another command.
func (b *Box) PID(t testing.TB) int {
	t.Helper()
	for _, pid := range b.Processes(t) {
		if strings.Contains(commandLine(pid), "\x00serve\x00-c\x00") {
			return pid
		}
	}
	t.Fatal("the host does not run")
	return 0
}

// Plugin returns the process id of a bundled plugin by its name, as in "bearer/sms".
func (b *Box) Plugin(t testing.TB, name string) int {
	t.Helper()
	found := 0
	process.Eventually(t, patience, name+" runs", func() bool {
		for _, pid := range b.Processes(t) {
			if strings.HasSuffix(commandLine(pid), "\x00plugin\x00serve\x00"+name+"\x00") {
				found = pid
				return true
			}
		}
		return false
	})
	return found
}

// Processes returns the ids of all processes that run the binary in the box's folder, as the host and its plugins do; zombies run
// nothing any more. Other boxes may run beside this one.
func (b *Box) Processes(t testing.TB) []int {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for _, e := range entries {
		var pid int
		if _, err := fmt.Sscanf(e.Name(), "%d", &pid); err != nil {
			continue
		}
		exe, err := os.Readlink(filepath.Join("/proc", e.Name(), "exe"))
		if err != nil || exe != b.binary {
			continue
		}
		if cwd, err := os.Readlink(filepath.Join("/proc", e.Name(), "cwd")); err == nil && cwd == b.Folder {
			pids = append(pids, pid)
		}
	}
	return pids
}

func commandLine(pid int) string {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)) // "" of a process that has ended
	return string(text)
}

// Kill ends the host as kill -9 does.
func (b *Box) Kill(t testing.TB) {
	t.Helper()
	_ = syscall.Kill(b.PID(t), syscall.SIGKILL)
	_ = b.process.Wait(t, patience)
}

// Stop ends the host as an operator does, with SIGTERM, and fails the test unless it ends well and leaves no process.
func (b *Box) Stop(t testing.TB) {
	t.Helper()
	_ = syscall.Kill(b.PID(t), syscall.SIGTERM)
	if err := b.process.Wait(t, patience); err != nil {
		t.Errorf("ppgbox ended with: %v", err)
	}
	if left := b.Processes(t); len(left) > 0 {
		t.Errorf("processes left after ppgbox ended: %v", left)
	}
}

// Log returns what the host printed since its last start.
func (b *Box) Log() string { return b.process.Log() }
