package peers

import (
	"bytes"
	"os/exec"
	"testing"
)

// DecodeByLibwbxml returns the XML that libwbxml makes of a WBXML document.
func DecodeByLibwbxml(t testing.TB, wbxml []byte) string {
	t.Helper()
	Need(t, Libwbxml)
	cmd := exec.Command("wbxml2xml", "-m", "0", "-o", "-", "-")
	cmd.Stdin = bytes.NewReader(wbxml)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	xml, err := cmd.Output()
	if err != nil || len(xml) == 0 {
		t.Fatalf("wbxml2xml of %x: %v: %s", wbxml, err, stderr.String())
	}
	return string(xml)
}
