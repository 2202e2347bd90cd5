package push

import (
	"errors"
	"fmt"
	"testing"
)

func TestAsError(t *testing.T) {
	permanent := &Error{Code: 3006, Text: "line 2", Cause: "no such element"}
	tests := []struct {
		name string
		err  error
		want *Error
	}{
		{"nothing", nil, nil},
		{"one of ours", permanent, permanent},
		{"one of ours, wrapped", fmt.Errorf("plugin wbxml: %w", permanent), permanent},
		{"any other is temporary, and its text is not for the initiator", errors.New("boom"), &Error{Temporary: true, Cause: "boom"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := AsError(tt.err)
			if (got == nil) != (tt.want == nil) || got != nil && *got != *tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestOutcomes(t *testing.T) {
	if k := (Outcome{}).Kind; k != OutcomeUnknown {
		t.Errorf("an outcome that nobody filled in is %v, want unknown", k)
	}
	if !Returned().IsReturned() || (Outcome{Kind: OutcomeFailedForNow}).IsReturned() {
		t.Error("only what was returned is returned")
	}
}
