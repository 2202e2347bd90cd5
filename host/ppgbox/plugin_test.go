package main

import (
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/pluginhost"
)

func TestRemark(t *testing.T) {
	failed := func(n int) *pluginhost.Failures {
		return &pluginhost.Failures{Count: n, At: time.Now().Add(-3 * time.Second), Cause: `refused: node "ggsn9" is not there`}
	}
	for _, tt := range []struct {
		name string
		of   pluginhost.Status
		want string
	}{
		{"all is well", pluginhost.Status{}, ""},
		{"it takes nothing", pluginhost.Status{Reason: "no link is bound", Failures: failed(1), LastError: "exit status 1"}, "no link is bound"},
		{"one failure", pluginhost.Status{Failures: failed(1)}, `its last answer, 3s ago, was a failure: refused: node "ggsn9" is not there`},
		{
			"failures",
			pluginhost.Status{Failures: failed(12), LastError: "exit status 1"},
			`its last 12 answers were failures, the last 3s ago: refused: node "ggsn9" is not there`,
		},
		{"it was ended", pluginhost.Status{LastError: "exit status 1"}, "ended before: exit status 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := remark(tt.of); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}
