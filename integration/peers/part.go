package peers

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A Part is something on this machine that a test needs and that others wrote.
type Part struct {
	name  string
	check func() error
}

// The parts. Each check tries the part, as far as that is quick.
var (
	Tshark   = Part{"tshark", program("tshark")}
	Dumpcap  = Part{"dumpcap allowed to capture on lo", dumpcap}
	TestPPG  = Part{"Kannel's test_ppg", file(testPPG)}
	NodeSMPP = Part{"Node.js with npm's smpp", nodeSMPP}
	NetSMPP  = Part{"Perl's Net::SMPP", run("perl", "-MNet::SMPP", "-e", "1")}
	Libwbxml = Part{"libwbxml's wbxml2xml", program("wbxml2xml")}
	Strace   = Part{"strace allowed to trace", run("strace", "-o", os.DevNull, "-e", "trace=exit_group", "true")}
	// Debian's package brings promtool, too.
	Prometheus = Part{"Prometheus with promtool", run("promtool", "--version")}
	Bearerbox  = Part{"Kannel's bearerbox", file(bearerbox)}
	OsmocomMSC = Part{"OsmoMSC", program("osmo-msc")}
	OsmocomHLR = Part{"OsmoHLR", program("osmo-hlr")}
	CCompiler  = Part{"gcc with the C library's headers", file("/usr/include/dlfcn.h")}
)

// Need ends the test unless every part is there: with a failure under CI=true, where install.sh has run, and by skipping it
// elsewhere. What is missing is named.
func Need(t testing.TB, parts ...Part) {
	t.Helper()
	var missing []string
	for _, p := range parts {
		if err := p.check(); err != nil {
			missing = append(missing, fmt.Sprintf("%s (%v)", p.name, err))
		}
	}
	if len(missing) == 0 {
		return
	}
	text := "missing: " + strings.Join(missing, "; ") + "; see integration/peers/install.sh"
	if os.Getenv("CI") == "true" {
		t.Fatal(text)
	}
	t.Skip(text)
}

func program(name string) func() error {
	return func() error {
		_, err := exec.LookPath(name)
		return err
	}
}

func file(path string) func() error {
	return func() error {
		_, err := os.Stat(path)
		return err
	}
}

func run(command ...string) func() error {
	return func() error {
		out, err := exec.Command(command[0], command[1:]...).CombinedOutput()
		if err != nil {
			first, _, _ := strings.Cut(string(out), "\n")
			return fmt.Errorf("%w: %s", err, first)
		}
		return nil
	}
}

// dumpcap prints the compiled filter of an interface only after opening it; its exit status is 0 either way.
func dumpcap() error {
	out, err := exec.Command("dumpcap", "-i", "lo", "-f", "udp", "-d").CombinedOutput()
	if err != nil {
		return err
	}
	if !strings.Contains(string(out), "(000)") {
		return errors.New("not permitted")
	}
	return nil
}

func nodeSMPP() error {
	if _, err := exec.LookPath("node"); err != nil {
		return err
	}
	modules, err := nodeModules()
	if err != nil {
		return err
	}
	_, err = os.Stat(filepath.Join(modules, "smpp", "package.json"))
	return err
}

// nodeModules returns the folder that install.sh has npm install into.
func nodeModules() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(cache, "ppgbox", "peers", "node_modules"), nil
}
