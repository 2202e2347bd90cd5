package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// folder is a bearer that writes each push into a file.
type folder struct {
	config struct {
		Path string `toml:"path"`
	}
}

// Info implements bearer.Bearer.
func (*folder) Info() plugin.Info {
	return plugin.Info{
		Kind: plugin.KindBearer, Name: "folder", Version: "1.0.0",
		Keys:         []plugin.Key{{Name: "path", Type: "string", Required: true, Doc: "the folder; it must be there"}},
		AddressTypes: []push.AddressType{push.PLMN, push.IPv4, push.IPv6, push.USER},
	}
}

// Validate implements bearer.Bearer.
func (*folder) Validate(c plugin.Config) error {
	var probe folder
	problems := c.Decode(&probe.config)
	if !filepath.IsAbs(probe.config.Path) {
		problems.Addf("path", "%q is no absolute path", probe.config.Path)
	}
	return problems.Err()
}

// Configure implements bearer.Bearer.
func (f *folder) Configure(_ context.Context, c plugin.Config) error {
	return c.Decode(&f.config).Err()
}

// Deliver implements bearer.Bearer. The file is named for the delivery; it appears whole or not at all.
func (f *folder) Deliver(_ context.Context, d push.Delivery) (push.Outcome, error) {
	var text strings.Builder
	fmt.Fprintf(&text, "To: %s\nContent-Type: %s\n", d.Terminal.Address, d.Message.ContentType)
	for _, h := range d.Message.Headers {
		fmt.Fprintf(&text, "%s: %s\n", h.Name, h.Value)
	}
	fmt.Fprintf(&text, "\n%s", d.Message.Body)

	name := filepath.Join(f.config.Path, d.ID+".push")
	if err := os.WriteFile(name+".part", []byte(text.String()), 0o600); err != nil {
		return push.Outcome{}, &push.Error{Temporary: true, Text: "the message could not be stored", Cause: err.Error()}
	}
	if err := os.Rename(name+".part", name); err != nil {
		return push.Outcome{}, &push.Error{Temporary: true, Text: "the message could not be stored", Cause: err.Error()}
	}
	return push.Outcome{Kind: push.OutcomeAccepted, Cause: "written to " + name}, nil
}
