package limits

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/ppgbox/ppgbox/integration/box"
	"github.com/ppgbox/ppgbox/integration/initiator"
)

// TestMain is also the plugin of the tests: under the name of one, the test binary serves it.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == ownPlugin {
		serveOwn()
		return
	}
	var err error
	if buildFolder, err = os.MkdirTemp("", "ppgbox-limits-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(buildFolder)
	os.Exit(code)
}

// build compiles ppgbox once, when the first test needs it.
var build = sync.OnceValues(func() (string, error) { return box.Build(buildFolder) })

var buildFolder string // set by TestMain

// configuration sends service indications and octets to numbers over SMPP. The Push Initiator "other" has the password of the box's
// own.
const configuration = `[[initiator]]
name = "other"
username = "other"
password_file = "pi.password"
%s

[limits]
%s

[notify]
retry_min = "200ms"
retry_max = "1s"

[plugin.wbxml]
use = "encoder/wbxml"

[plugin.sms]
use = "bearer/sms"
[plugin.sms.config]
source = "1234"
window = "60s"
in_flight = %d
link = [{ address = %q, system_id = "ppgbox", window = %d }]

[[policy]]
name  = "numbers"
match = { address_type = "PLMN", content_type = ["text/vnd.wap.si", "application/octet-stream"] }
[[policy.attempt]]
bearer = "sms"
within = "60s"
`

// A setup is what a test wants of its gateway.
type setup struct {
	limits string // lines of [limits]
	other  string // lines of the [[initiator]] "other"
	taken  int    // what the bearer takes at once; 0 for 100
	places int    // on the SMPP link; 0 for 100
	more   string // TOML at the end
}

// start starts a gateway between a Push Initiator and an SMSC.
func start(t *testing.T, s setup) (*box.Box, *smsc) {
	t.Helper()
	binary, err := build()
	if err != nil {
		t.Fatal(err)
	}
	if s.places == 0 {
		s.taken, s.places = 100, 100
	}
	center := newSMSC(t)
	b := box.New(t, binary, fmt.Sprintf(configuration, s.other, s.limits, s.taken, center.address, s.places)+s.more)
	if strings.Contains(s.more, ownUse) {
		installOwn(t, b)
	}
	b.Start(t)
	return b, center
}

// other returns the Push Initiator "other".
func other(b *box.Box) *initiator.Client {
	_, password := b.Credentials()
	return initiator.NewClient(b.PAP, "other", password)
}

// indication returns a push of one segment to each of the recipients.
func indication(b *box.Box, id string, recipients ...int) initiator.Push {
	p := initiator.Push{ID: id, Type: "text/vnd.wap.si", Content: initiator.SI("http://www.example.com/", id, "signal-high", "short")}
	for _, n := range recipients {
		p.To = append(p.To, b.Address(fmt.Sprintf("+4670%07d", n)))
	}
	return p
}
