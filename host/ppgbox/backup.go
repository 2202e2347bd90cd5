package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"

	"github.com/ppgbox/ppgbox/host/admin"
)

// A backuper is a store that can copy itself while it works. A store that is a server of its own has its own tools.
type backuper interface {
	Backup(ctx context.Context, path string) error
}

type backupCommand struct {
	File string `arg:"" help:"The new file, on the gateway's machine." placeholder:"FILE"`
	adminClient
}

// Help implements kong.HelpProvider.
func (backupCommand) Help() string {
	return "The copy is consistent and can take the place of the store's file while no gateway runs. A file that exists is not overwritten."
}

// Run implements the command.
func (c backupCommand) Run(s streams) error {
	path, err := filepath.Abs(c.File)
	if err != nil {
		return err
	}
	var b admin.Backedup
	status, err := c.call(http.MethodPost, "/v1/backup?path="+url.QueryEscape(path), &b)
	switch {
	case err != nil:
		return err
	case status != http.StatusOK:
		return fmt.Errorf("no backup: %s", b.Error)
	}
	fmt.Fprintln(s.out, "the store is copied to", b.Path)
	return nil
}
