package hlr

import (
	"errors"
	"testing"
)

func TestReasons(t *testing.T) {
	seen := map[Reason]bool{}
	for code := range uint8(15) {
		reason := reasonOf(code)
		if reason == "" || seen[reason] {
			t.Errorf("%d: %q", code, reason)
		}
		seen[reason] = true
	}
	for code, want := range map[uint8]Reason{5: NoPagingResponse, 6: GPRSDetached, 8: PurgedForGPRS, 14: "reason 14", 255: "reason 255"} {
		if got := reasonOf(code); got != want {
			t.Errorf("%d: %q", code, got)
		}
	}
}

func TestMAPCauses(t *testing.T) {
	if err := ofMAPCause("gtp", 27); err != nil {
		t.Errorf("an absent subscriber: %v", err)
	}
	for _, row := range []struct {
		name  string
		cause uint8
		kind  error
		again bool
	}{
		{"unknown subscriber", 1, ErrUnknownSubscriber, false},
		{"call barred", 13, ErrRefused, false},
		{"system failure", 34, ErrRefused, true},
		{"data missing", 35, ErrRefused, false},
	} {
		var failure *Error
		if err := ofMAPCause("gtp", row.cause); !errors.Is(err, row.kind) || !errors.As(err, &failure) || failure.Again != row.again {
			t.Errorf("%s: %v", row.name, err)
		}
	}
}
