package esme

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// A password file that was corrected serves the next bind; one that can not be read is told, and tried again.
func TestPasswordFileIsReadAgain(t *testing.T) {
	s := startSMSC(t, 0)
	file := filepath.Join(t.TempDir(), "password")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("first\n")
	ls := start(t, Options{}, File{Address: s.l.Addr().String(), PasswordFile: file})
	ss := s.bind(t)
	if got := ss.Bind().Password; got != "first" {
		t.Errorf("password %q", got)
	}
	eventually(t, "bound", func() bool { return ls.Places() > 0 })
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	ss.Close()
	eventually(t, "why names the file", func() bool {
		why := ls.Why()
		return strings.Contains(why, "password_file: open "+file) && strings.Contains(why, "next try in")
	})
	if len(s.binds) > 0 {
		t.Error("bound without a password")
	}
	write("second\r\n")
	if got := s.bind(t).Bind().Password; got != "second" {
		t.Errorf("password %q", got)
	}
	eventually(t, "all is well again", func() bool { return ls.Places() > 0 && ls.Why() == "" })
}

// What only the operator can mend is told rather than what may mend itself.
func TestWhyTellsOfFiles(t *testing.T) {
	k := linksOf(t, File{Address: "a:1", PasswordFile: filepath.Join(t.TempDir(), "none")}).all[0].keepers[0]
	lasted, err := k.bind(t.Context())
	if d := k.downAfter(err); lasted != time.Duration(0) || !d.refused || !strings.HasPrefix(d.text, "a:1: password_file: ") {
		t.Errorf("%+v after %v, %v", d, lasted, err)
	}
	if d := k.downAfter(smpp.ErrClosed); d.refused {
		t.Errorf("%+v", d)
	}
}
