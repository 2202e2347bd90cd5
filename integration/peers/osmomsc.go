package peers

import (
	"embed"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/process"
)

// The configurations of OsmoHLR and OsmoMSC, with 127.0.0.1 for the address of both, and the library that lets OsmoMSC run on a
// kernel without SCTP.
//
//go:embed osmocom
var osmocom embed.FS

// The ESME that an OsmoMSC knows.
const (
	OsmoSystemID = "ppgbox"
	OsmoPassword = "push"
)

// An OsmoMSC is a running OsmoMSC with an OsmoHLR. It delivers to mobiles that attach over SGs.
type OsmoMSC struct {
	SMPP string // address of its SMPP listener
	SGs  string // address of its SGs listener

	hlr string // address of OsmoHLR's control interface
}

// StartOsmoMSC starts OsmoHLR and OsmoMSC on an address in 127.0.0.0/8 that nobody else uses: their ports are fixed.
func StartOsmoMSC(t testing.TB, ip string) *OsmoMSC {
	t.Helper()
	Need(t, OsmocomMSC, OsmocomHLR, CCompiler)
	folder := t.TempDir()
	for _, name := range []string{"osmo-hlr.cfg", "osmo-msc.cfg", "sctp_over_tcp.c"} {
		text, err := osmocom.ReadFile("osmocom/" + name)
		if err != nil {
			t.Fatal(err)
		}
		text = []byte(strings.ReplaceAll(string(text), "127.0.0.1", ip))
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	library := filepath.Join(folder, "sctp_over_tcp.so")
	if out, err := exec.Command("gcc", "-shared", "-fPIC", "-O2", "-o", library, filepath.Join(folder, "sctp_over_tcp.c"), "-ldl").CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v:\n%s", err, out)
	}
	start := func(name string, environment []string, arguments ...string) {
		cmd := exec.Command(name, arguments...)
		cmd.Dir, cmd.Env = folder, append(os.Environ(), environment...)
		process.Start(t, name, cmd, nil)
	}
	m := &OsmoMSC{SMPP: ip + ":2775", SGs: ip + ":29118", hlr: ip + ":4259"}
	start("osmo-hlr", nil, "-c", "osmo-hlr.cfg", "-l", "./hlr.db")
	awaitListener(t, "osmo-hlr", m.hlr)
	awaitListener(t, "osmo-hlr for OsmoMSC", ip+":4222")
	start("osmo-msc", []string{"LD_PRELOAD=" + library}, "-c", "osmo-msc.cfg")
	awaitListener(t, "osmo-msc", m.SGs)
	awaitListener(t, "osmo-msc for ESMEs", m.SMPP)
	return m
}

func awaitListener(t testing.TB, name, address string) {
	t.Helper()
	process.Eventually(t, 20*time.Second, name+" listens at "+address, func() bool {
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
}

// Subscribe makes a subscriber with a number, without "+". He is not in the VLR until his mobile attaches.
func (m *OsmoMSC) Subscribe(t testing.TB, imsi, msisdn string) {
	t.Helper()
	conn, err := net.DialTimeout("tcp", m.hlr, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	for i, command := range []string{"subscriber.create " + imsi, "subscriber.by-imsi-" + imsi + ".msisdn " + msisdn} {
		answer, err := control(conn, fmt.Sprintf("SET %d %s", i+1, command))
		if err != nil || !strings.HasPrefix(answer, "SET_REPLY") {
			t.Fatalf("OsmoHLR to %q: %q, %v", command, answer, err)
		}
	}
}

// control asks an Osmocom program over its control interface: text in IPA frames, which begin with the length of what follows the
// third octet.
func control(conn net.Conn, command string) (string, error) {
	const protocolOsmo, extensionControl = 0xee, 0x00
	frame := binary.BigEndian.AppendUint16(nil, uint16(1+len(command)))
	if _, err := conn.Write(append(append(frame, protocolOsmo, extensionControl), command...)); err != nil {
		return "", err
	}
	var header [4]byte
	if _, err := io.ReadFull(conn, header[:]); err != nil {
		return "", err
	}
	n := binary.BigEndian.Uint16(header[:])
	if n == 0 {
		return "", fmt.Errorf("frame without an extension octet")
	}
	answer := make([]byte, n-1)
	_, err := io.ReadFull(conn, answer)
	return string(answer), err
}
