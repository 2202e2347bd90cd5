package limits

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ppgbox/ppgbox/integration/box"
	"github.com/ppgbox/ppgbox/sdk/bearer"
	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
)

const (
	ownUse    = "bearer/own"
	ownPlugin = "ppgbox-bearer-own"
	// flood is how many lines the bearer logs when the content asks for it, and longLine what a line of its own has.
	flood    = 20_000
	longLine = 1 << 20
)

// own is an outside bearer: it counts octets, and talks too much when it is told to.
type own struct{}

func serveOwn() { bearer.Serve(own{}) }

func (own) Info() plugin.Info {
	return plugin.Info{
		Kind: plugin.KindBearer, Name: "own", Version: "1.0.0",
		AddressTypes: []push.AddressType{push.PLMN, push.IPv4, push.IPv6, push.USER},
	}
}

func (own) Validate(c plugin.Config) error { return c.Decode(&struct{}{}).Err() }

func (own) Configure(_ context.Context, c plugin.Config) error { return c.Decode(&struct{}{}).Err() }

func (own) Deliver(_ context.Context, d push.Delivery) (push.Outcome, error) {
	if string(d.Message.Body) == "flood" {
		log := plugin.Logger()
		for n := range flood {
			log.Info(fmt.Sprintf("flood: line %d", n))
		}
		fmt.Fprintln(os.Stderr, strings.Repeat("x", longLine))
		return push.Outcome{Kind: push.OutcomeAccepted}, nil
	}
	return push.Outcome{}, &push.Error{Text: fmt.Sprintf("%d octets are too many", len(d.Message.Body))}
}

// ownPolicy sends octets to IPv4 addresses through the bearer of the tests.
const ownPolicy = `
[plugin.own]
use = "` + ownUse + `"

[[policy]]
name  = "own"
match = { address_type = "IPv4", content_type = "application/octet-stream" }
[[policy.attempt]]
bearer = "own"
within = "30s"
`

// installOwn puts this very binary into the box's plugin folder.
func installOwn(t *testing.T, b *box.Box) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(b.Folder, "plugins")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	from, err := os.Open(self)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	to, err := os.OpenFile(filepath.Join(folder, ownPlugin), os.O_CREATE|os.O_WRONLY, 0o700)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(to, from); err != nil {
		t.Fatal(err)
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
}
