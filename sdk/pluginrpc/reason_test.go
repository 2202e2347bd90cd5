package pluginrpc

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	pb "github.com/ppgbox/ppgbox/sdk/pluginrpc/pluginv1"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// crossed sends what a strategy returned over the wire, and back.
func crossed(t *testing.T, err error) error {
	t.Helper()
	wire, failed := routedToProto(push.Route{}, err).MarshalVT()
	if failed != nil {
		t.Fatal(failed)
	}
	var i pb.RoutedItem
	if failed := i.UnmarshalVT(wire); failed != nil {
		t.Fatal(failed)
	}
	_, got := routedFromProto(&i)
	return got
}

// refusedLookup is how a strategy may bring its own error to an answer: in words that do not have those of the answer.
type refusedLookup struct{}

func (refusedLookup) Error() string { return "MAP user error 44" }
func (refusedLookup) Unwrap() error { return push.ErrNotAttached }

func TestReasonsCross(t *testing.T) {
	long := strings.Repeat("å", MaxTextSize)
	tests := []struct {
		name string
		err  error
		is   error
		want string
	}{
		{"not here, bare", push.ErrNotHere, push.ErrNotHere, "not here"},
		{"not here, and why", fmt.Errorf("%w: the subscriber has no address", push.ErrNotHere), push.ErrNotHere, "not here: the subscriber has no address"},
		{"not attached, and why", fmt.Errorf("%w: purged at 12:00", push.ErrNotAttached), push.ErrNotAttached, "not attached: purged at 12:00"},
		{"an error beside the answer", fmt.Errorf("%w: %w", push.ErrNotHere, errors.New("no row")), push.ErrNotHere, "not here: no row"},
		{"an error of permanent kind beside the answer", fmt.Errorf("%w: %w", push.ErrNotHere, &push.Error{Code: 2002, Cause: "x"}), push.ErrNotHere, "not here: x"},
		{"words without those of the answer", refusedLookup{}, push.ErrNotAttached, "not attached: MAP user error 44"},
		{"several lines", fmt.Errorf("%w: a\r\nb\tc\u2028d", push.ErrNotHere), push.ErrNotHere, "not here: a  b c d"},
		{"what a screen would obey", fmt.Errorf("%w: \x1b[2J\x7f\u009b1m", push.ErrNotHere), push.ErrNotHere, "not here:  [2J  1m"},
		{"no UTF-8", fmt.Errorf("%w: caf\xe9", push.ErrNotHere), push.ErrNotHere, "not here: caf\uFFFD"},
		{"too long", fmt.Errorf("%w: %s", push.ErrNotHere, long), push.ErrNotHere, ("not here: " + long)[:MaxTextSize]},
		{
			"too long, without UTF-8", fmt.Errorf("%w: %s", push.ErrNotHere, strings.Repeat("\x80", 2*MaxTextSize)), push.ErrNotHere,
			"not here: " + strings.Repeat("\uFFFD", (MaxTextSize-len("not here: "))/3),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := crossed(t, tt.err); !errors.Is(got, tt.is) || got.Error() != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// What plugins of the first version 1 put on the wire, and what they made of it: an answer without a cause is an empty message, and
// a field that is not known is passed over.
func TestAnswersOfOldPlugins(t *testing.T) {
	tests := []struct {
		name string
		wire string
		is   error
	}{
		{"not here", "\x08\x07" + "\x1a\x00", push.ErrNotHere},         // id 7, field 3 of no octets
		{"not attached", "\x08\x07" + "\x22\x00", push.ErrNotAttached}, // id 7, field 4 of no octets
		{"of a later one", "\x1a\x03" + "\x12\x01x", push.ErrNotHere},  // field 2 of NotHere, which there is not yet
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var i pb.RoutedItem
			if err := i.UnmarshalVT([]byte(tt.wire)); err != nil {
				t.Fatal(err)
			}
			if _, err := routedFromProto(&i); err != tt.is { //nolint:errorlint // the bare answer
				t.Errorf("got %v, want the bare %v", err, tt.is)
			}
		})
	}
}

// FuzzReasons: whatever a strategy says, the answer stays what it is, and its words can be shown.
func FuzzReasons(f *testing.F) {
	f.Add("", true)
	f.Add("not here: the subscriber has no address", true)
	f.Add("\x1b]0;title\a\n\u202e\xff", false)
	f.Add("\xe2\x80\u2028\xe2", false)
	f.Fuzz(func(t *testing.T, said string, here bool) {
		answer := push.ErrNotAttached
		if here {
			answer = push.ErrNotHere
		}
		sent := fmt.Errorf("%w%s", answer, said)
		got := crossed(t, sent)
		if !errors.Is(got, answer) {
			t.Fatalf("%q became %v", sent, got)
		}
		readable(t, "reason", got.Error())
		if strings.ContainsFunc(got.Error(), unicode.IsControl) {
			t.Errorf("control characters in %q", got)
		}
		clean := len(sent.Error()) <= MaxTextSize && utf8.ValidString(said) &&
			!strings.ContainsFunc(said, func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' })
		if clean && got.Error() != sent.Error() {
			t.Errorf("%q became %q", sent, got)
		}
	})
}
