package hlr

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/hex"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/push"

	register "github.com/ppgbox/ppgbox/sdk/hlr"
)

//go:embed README.md
var readme string

// TestTableOfAnswers walks through the table of README.md, which has all rows here and no other.
func TestTableOfAnswers(t *testing.T) {
	const rows = osmohlr + `tries = 1
attempt = "20ms"
sgsn = [{ sgsn = "SGSN-A", node = "ggsn1" }]
`
	const ggsns = "ggsn = [{ ggsn = \"192.0.2.50\", node = \"ggsn1\" }]"
	anna := push.Subscriber{IMSI: "240010000000001"}
	absent := func(r register.Reason) func(context.Context) (register.Location, error) {
		return located(register.Location{NotReachable: r})
	}
	scenes := map[string]struct {
		more   string // configuration
		of     push.Subscriber
		answer func(context.Context) (register.Location, error)
		cause  string
	}{
		"attached, and a row is about the SGSN":                               {of: anna, answer: at("SGSN-A")},
		"attached, and no row is about the SGSN, but there is a default node": {"default_node = \"ggsn9\"", anna, at("SGSN-B"), ""},
		"attached, and neither a row nor a default node takes the SGSN":       {"", anna, at("SGSN-B"), `no row is about the SGSN "SGSN-B"`},
		"attached, marked as purged, and the mark is not trusted": {
			of: anna, answer: located(register.Location{Attached: true, SGSN: "SGSN-A", Purged: true}),
		},
		"attached, and the last paging was not answered": {
			of: anna, answer: located(register.Location{Attached: true, SGSN: "SGSN-A", NotReachable: register.NoPagingResponse}),
		},
		"attached, and the register has a reason why it can not be reached": {
			"", anna, located(register.Location{Attached: true, SGSN: "SGSN-A", NotReachable: "roaming restriction"}),
			"not attached: double: roaming restriction",
		},
		"attached, and the register names a GGSN that a row is about": {
			ggsns, anna, located(register.Location{Attached: true, SGSN: "SGSN-B", GGSN: "192.0.2.50"}), "",
		},
		"attached, and the register names a GGSN that no row is about": {
			ggsns, anna, located(register.Location{Attached: true, SGSN: "SGSN-B", GGSN: "192.0.2.51"}), "",
		},
		"attached, not reachable for paging": {
			"", anna, located(register.Location{Attached: true, SGSN: "SGSN-A", NotReachable: register.NotReachablePaged}),
			"not attached: double: attached, not reachable for paging",
		},
		"purged, and the mark is trusted": {
			"", anna, located(register.Location{SGSN: "SGSN-A", Purged: true, NotReachable: register.PurgedForGPRS}),
			"not attached: double: purged for GPRS",
		},
		"detached":                          {"", anna, absent(register.GPRSDetached), "not attached: double: GPRS detached"},
		"no SGSN known":                     {"", anna, absent(register.LocationUnknown), "not attached: double: no SGSN known"},
		"no packet-switched service":        {"", anna, absent(register.NotProvisioned), "not attached: double: no packet-switched service"},
		"not attached, and no reason given": {"", anna, absent(""), "not attached: double: the register gives no reason"},
		"unknown subscriber":                {"", anna, failing(register.ErrUnknownSubscriber), "unknown subscriber"},
		"nothing is known of the subscriber that the register can be asked by": {
			"", push.Subscriber{Address: push.Address{Type: push.IPv4, Value: "10.0.0.1"}}, at("SGSN-A"), "nothing is known",
		},
		"the IMSI or number is none":        {"", push.Subscriber{IMSI: "24001x"}, at("SGSN-A"), `"24001x" is no IMSI`},
		"the register is down":              {"", anna, failing(register.ErrDown), "register is down"},
		"no answer in time":                 {"", anna, silent, "did not answer in time"},
		"the register refuses the question": {"", anna, failing(register.ErrRefused), "refused"},
		"an answer that can not be used":    {"", anna, failing(register.ErrGarbage), "garbage"},
	}
	_, table, _ := strings.Cut(readme, "| what | answer |\n|---|---|\n")
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) != 4 {
			break
		}
		what, want := strings.TrimSpace(cells[1]), strings.TrimSpace(cells[2])
		t.Run(what, func(t *testing.T) {
			scene, ok := scenes[what]
			if !ok {
				t.Fatal("no scene is about this row")
			}
			delete(scenes, what)
			p := configured(t, scene.more+"\n"+rows, &double{answer: scene.answer})
			route, err := p.Route(t.Context(), asking(scene.of))
			if got := inWords(route, err); got != want {
				t.Errorf("the table says %q; got %q: %+v, %v", want, got, route, err)
			}
			if scene.cause != "" && (err == nil || !strings.Contains(err.Error(), scene.cause)) {
				t.Errorf("the cause is %v; want %q in it", err, scene.cause)
			}
		})
	}
	for what := range scenes {
		t.Errorf("the table has no row %q", what)
	}
}

// inWords says an answer as the table does.
func inWords(r push.Route, err error) string {
	var failure *push.Error
	switch {
	case err == nil && r.Node == "ggsn1":
		return "route: the row's node"
	case err == nil && r.Node == "192.0.2.51":
		return "route: the node is the address"
	case err == nil && r.Node == "ggsn9":
		return "route: the default node"
	case errors.Is(err, push.ErrNotHere):
		return "not here"
	case errors.Is(err, push.ErrNotAttached):
		return "not attached"
	case errors.As(err, &failure) && failure.Temporary:
		return "error, temporary"
	case errors.As(err, &failure):
		return "error, not temporary"
	}
	return "something else"
}

func TestReadmeShowsTheSample(t *testing.T) {
	if !strings.Contains(readme, "```toml\n"+Sample+"```\n") {
		t.Error("the section Configuration of README.md is not sample.toml")
	}
}

// The octets of the extension in README.md are what the codec reads and writes.
func TestReadmeShowsTheExtension(t *testing.T) {
	_, text, _ := strings.Cut(readme, "    question ")
	question, text, _ := strings.Cut(text, "answer")
	answer, _, _ := strings.Cut(text, "\n\n")
	for name, want := range map[string]struct {
		octets string
		gtp.APNExtension
	}{
		"question": {question, gtp.APNExtension{APN: "push.example"}},
		"answer":   {answer, gtp.APNExtension{APN: "push.example", GGSN: netip.MustParseAddr("192.0.2.50")}},
	} {
		b, err := hex.DecodeString(strings.Join(strings.Fields(strings.Replace(want.octets, "SEQ", "0001", 1)), ""))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		p, err := gtp.Parse(b)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var private []gtp.PrivateExtension
		switch m := p.Message.(type) {
		case *gtp.SendRouteingInfoRequest:
			private = m.Private
		case *gtp.SendRouteingInfoResponse:
			private = m.Private
		}
		if e, found, err := gtp.FindAPNExtension(private, gtp.APNExtensionID); !found || err != nil || e != want.APNExtension {
			t.Errorf("%s: %+v, %v, %v", name, e, found, err)
		}
		if again, err := gtp.Append(nil, p.Header, p.Message); err != nil || !bytes.Equal(again, b) {
			t.Errorf("%s: written again it is %x, %v", name, again, err)
		}
	}
}
