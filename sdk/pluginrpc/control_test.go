package pluginrpc

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
)

func TestControlCalls(t *testing.T) {
	ctx := t.Context()
	problems := plugin.Problems{{Key: "links.0.host", Text: "missing"}, {Text: "two wrongs"}}
	var given plugin.Config
	f := &fakeEncoder{}
	f.validate = func(c plugin.Config) error { given = c; return problems }
	f.configure = func(context.Context, plugin.Config) error {
		return &push.Error{Temporary: true, Code: 5000, Text: "t", Cause: "port taken"}
	}
	c, stop, err := Loopback(f)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()

	info, err := c.Describe(ctx)
	if err != nil || !reflect.DeepEqual(info, f.Info()) {
		t.Errorf("describe: %+v, %v", info, err)
	}
	cfg := plugin.Config{Instance: "x", TOML: []byte("a = 1")}
	var ps plugin.Problems
	if err := c.Validate(ctx, cfg); !errors.As(err, &ps) || !reflect.DeepEqual(ps, problems) {
		t.Errorf("validate: %v", err)
	}
	if !reflect.DeepEqual(given, cfg) {
		t.Errorf("the plugin was given %+v", given)
	}
	f.validate = func(plugin.Config) error { return errors.New("not of the right kind") }
	if err := c.Validate(ctx, cfg); !errors.As(err, &ps) || ps[0].Text != "not of the right kind" {
		t.Errorf("validate with a plain error: %v", err)
	}
	f.validate = func(plugin.Config) error { panic("no") }
	if err := c.Validate(ctx, cfg); err == nil || !strings.Contains(err.Error(), "panic in Validate: no") {
		t.Errorf("validate with a panic: %v", err)
	}
	f.validate = nil
	if err := c.Validate(ctx, cfg); err != nil {
		t.Errorf("validate: %v", err)
	}
	if _, err := c.OpenEncoder(ctx, newRecorder()); err == nil || !strings.Contains(err.Error(), "not configured") {
		t.Errorf("a stream before Configure: %v", err)
	}
	var e *push.Error
	if err := c.Configure(ctx, cfg); !errors.As(err, &e) || e.Cause != "port taken" || e.Code != 5000 {
		t.Errorf("configure: %v", err)
	}
	if err := c.Configure(ctx, cfg); err == nil || !strings.Contains(err.Error(), "configured already") {
		t.Errorf("second configure: %v", err)
	}
	if err := c.Health(ctx); err != nil {
		t.Errorf("health: %v", err)
	}
	if err := c.Drain(ctx); err != nil {
		t.Errorf("drain: %v", err)
	}
	if _, err := c.OpenEncoder(ctx, newRecorder()); err != nil {
		t.Errorf("open: %v", err)
	}
	if _, err := c.OpenEncoder(ctx, newRecorder()); err == nil || !strings.Contains(err.Error(), "stream already") {
		t.Errorf("a second stream: %v", err)
	}
}

func TestOpenEndsWithItsContext(t *testing.T) {
	f := &fakeBearer{start: func(push.Delivery, BearerHost) {}}
	c := loopback(t, blockedOpen{f, make(chan struct{})})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	events := newRecorder()
	if _, err := c.OpenBearer(ctx, events); !errors.Is(err, context.Canceled) {
		t.Errorf("open: %v", err)
	}
	silent(t, "Closed", events.closed)
}

// blockedOpen never says how many deliveries it takes.
type blockedOpen struct {
	*fakeBearer
	never chan struct{}
}

func (b blockedOpen) Open(BearerHost) { <-b.never }

func TestUsageTellsHowToUseIt(t *testing.T) {
	got := usage((&fakePlugin{}).Info())
	for _, want := range []string{
		"bearer/fake 1.2, a plugin of the Push Proxy Gateway", "ppgbox-bearer-fake", "[plugin.fake]", `use = "bearer/fake"`,
		"host (string, required): Where it is.", "window (integer, default 10): How many.", "ppgbox check",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the usage text lacks %q:\n%s", want, got)
		}
	}
}
