package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ppgbox/ppgbox/sdk/bearer"
	"github.com/ppgbox/ppgbox/sdk/conformance"
	"github.com/ppgbox/ppgbox/sdk/push"
)

func delivery() push.Delivery {
	return push.Delivery{
		Terminal: push.Subscriber{Address: push.Address{Type: push.PLMN, Value: "+358401234567"}},
		Message:  push.Message{ContentType: "text/plain", Headers: []push.Header{{Name: "Content-Language", Value: "en"}}, Body: []byte("hello")},
	}
}

// TestConformance is all that a plugin needs to be tried on the rules of its kind.
func TestConformance(t *testing.T) {
	conformance.Bearer(t, conformance.BearerSuite{
		Plugin: conformance.Plugin{
			Dir: ".", Config: fmt.Sprintf("path = %q", t.TempDir()),
			Wrong: []conformance.WrongConfig{{TOML: `path = "here"`, Keys: []string{"path"}}},
		},
		New:        func() bearer.Bearer { return &folder{} },
		Deliveries: []push.Delivery{delivery()},
	})
}

func TestDeliver(t *testing.T) {
	f := &folder{}
	f.config.Path = t.TempDir()
	d := delivery()
	d.ID = "7"
	if o, err := f.Deliver(t.Context(), d); err != nil || o.Kind != push.OutcomeAccepted {
		t.Fatalf("got %+v, %v", o, err)
	}
	got, err := os.ReadFile(filepath.Join(f.config.Path, "7.push"))
	if want := "To: PLMN:+358401234567\nContent-Type: text/plain\nContent-Language: en\n\nhello"; err != nil || string(got) != want {
		t.Errorf("the file holds %q, %v; want %q", got, err, want)
	}
}

func TestFolderThatIsNotThere(t *testing.T) {
	f := &folder{}
	f.config.Path = filepath.Join(t.TempDir(), "gone")
	_, err := f.Deliver(t.Context(), delivery())
	if e := push.AsError(err); e == nil || !e.Temporary || strings.Contains(e.Text, "gone") {
		t.Errorf("got %v, want a temporary error whose public text names no path", err)
	}
}
