package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/ppgbox/ppgbox/contrib/handset"
	"github.com/ppgbox/ppgbox/host/pap"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// build makes the program, as "make demo" does.
func build(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds the program")
	}
	bin := filepath.Join(t.TempDir(), "ppgbox")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return bin
}

func TestDemo(t *testing.T) {
	cmd := exec.Command(build(t), "demo")
	tmp := t.TempDir()
	cmd.Env = append(os.Environ(), "TMPDIR="+tmp)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	begin := time.Now()
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, &out, &errOut)
	}
	if took := time.Since(begin); took > 30*time.Second {
		t.Errorf("it took %v", took)
	}
	if errOut.Len() > 0 {
		t.Errorf("on standard error:\n%s", &errOut)
	}
	if left, _ := filepath.Glob(filepath.Join(tmp, "*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
	text := out.String()
	at := 0 // the lines come in this order
	for _, want := range []string{
		`bearer/sms \(\d+\)`, `answered +1001 `, `radio +segment 1 of 2 arrives\n`, `radio +segment 2 of 2 is lost\n`,
		`radio +segment 2 of 2 arrives, sent again\n`, `shown +service indication\n`, `notified .*delivered, 1000 .*\(confirmed, GSM SMS\)`,
		`outcome +sms +delivered`, `result notification to .* acknowledged`,
		`answered +1001 `, `shown +service loading\n`, `\(unconfirmed,\s+GSM\s+GPRS\)`, `ipsegment via ggsn1`, `outcome +pdp via ggsn1 +accepted`,
		`registered +aino@push.demo at 127.0.0.1`, `answered +1001 `, `shown +service indication\n`, `\(unconfirmed,\s+GSM\s+GPRS\)`,
		`resolve +2 terminals: `, `online at 127.0.0.1`, `outcome +pdp via ggsn1 +accepted`,
		`released +aino@push.demo`, `answered +1001 `, `radio +segment 1 of 1 arrives\n`, `shown +service indication\n`, `\(confirmed,\s+GSM\s+SMS\)`,
		`route +ipsegment +not here: the subscriber has no address`, `outcome +sms +delivered`,
		`answered +2003 `,
		`answered +1001 `, `asked for a context: PDU Notification Request, APN push, no address`, `the terminal activates it and gets 10.46.0.2`,
		`comes in GTP-U`, `shown +service indication\n`, `\(unconfirmed,\s+GSM\s+GPRS\)`, `network +GGSN pushggsn → HLR`, `outcome +pdp via pushggsn +accepted`,
		`PI +PPG +GGSN pushggsn +HLR +SGSN 127.0.0.1 +terminal\n`, `PDU Notification Request`, `Create PDP Context Request`,
		`detached +eero@push.demo`, `answered +1001 `, `the terminal rejects it`, `radio +segment 1 of 1 arrives\n`, `shown +service indication\n`,
		`outcome +pdp via pushggsn +unreachable: rejected-by-terminal`, `outcome +sms +delivered`,
		`All pushes that were accepted arrived`,
	} {
		found := regexp.MustCompile(want).FindStringIndex(text[at:])
		if found == nil {
			t.Fatalf("no %q in its place in:\n%s", want, text)
		}
		at += found[1]
	}
	for line := range strings.Lines(text) {
		if utf8.RuneCountInString(strings.TrimSuffix(line, "\n")) > storyWidth || strings.Contains(line, "\x1b") {
			t.Errorf("too wide, or in colours: %q", line)
		}
	}
}

func TestDemoKeep(t *testing.T) {
	bin := build(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, bin, "demo", "--keep")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	await := func(pattern string) []string {
		t.Helper()
		p := regexp.MustCompile(pattern)
		for lines.Scan() {
			if m := p.FindStringSubmatch(lines.Text()); m != nil {
				return m
			}
		}
		t.Fatalf("no line like %q", pattern)
		return nil
	}
	url := await(`push --url (\S+) --to`)[1]
	pushed, err := exec.CommandContext(ctx, bin, "push", "--url", url, "--to", demoNumber, "--si", "http://example.com/mail", "--text", "4 new emails", "--wait", "20s").CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, pushed)
	}
	await(`radio to 358401234567: segment 1 of 1 arrived`)
	await(`terminal 358401234567 shows, from 1234: service indication "4 new emails" → http://example.com/mail`)
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("after Ctrl-C: %v", err)
	}
}

// Who reads only the first lines, or presses Ctrl-C, finds nothing left behind.
func TestDemoInterrupted(t *testing.T) {
	bin := build(t)
	for _, tt := range []struct {
		name      string
		interrupt func(cmd *exec.Cmd, out io.Closer) error
	}{
		{"Ctrl-C", func(cmd *exec.Cmd, _ io.Closer) error { return cmd.Process.Signal(syscall.SIGINT) }},
		{"nobody reads", func(_ *exec.Cmd, out io.Closer) error { return out.Close() }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, bin, "demo")
			tmp := t.TempDir()
			cmd.Env = append(os.Environ(), "TMPDIR="+tmp)
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewScanner(out)
			for lines.Scan() && !strings.Contains(lines.Text(), "answered") {
				continue
			}
			if err := tt.interrupt(cmd, out); err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, out)
			_ = cmd.Wait()
			if code := cmd.ProcessState.ExitCode(); code != exitFailed {
				t.Errorf("exit code %d, want %d", code, exitFailed)
			}
			if left, _ := filepath.Glob(filepath.Join(tmp, "*")); len(left) > 0 {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}

// What did not happen as it should is an error that says so.
func TestDemoNotices(t *testing.T) {
	p := demoPushes()[0]
	shown := func(text, link string) handset.Event {
		return handset.Event{What: handset.Shown, Content: &handset.Content{Kind: handset.ServiceIndication, Text: text, Link: link}}
	}
	right := shown(p.flags.Text, p.flags.SI)
	radio := func(what handset.What) handset.Event { return handset.Event{What: what} }
	carried := []handset.Event{radio(handset.Arrived), radio(handset.Lost), radio(handset.Arrived)}
	result := func(state pap.MessageState, m push.DeliveryMethod) *pap.ResultNotification {
		return &pap.ResultNotification{PushID: p.flags.PushID, State: state, QoS: &pap.QualityOfService{DeliveryMethod: m}}
	}
	delivered := result(pap.StateDelivered, push.Confirmed)
	other := *delivered
	other.PushID = "another"
	tests := []struct {
		name   string
		events []handset.Event
		result *pap.ResultNotification
		want   string // in the error; "" is none
	}{
		{"all is well", append(carried, right), delivered, ""},
		{"nothing", nil, nil, "nothing arrived: over"},
		{"no result", append(carried, right), nil, "no result notification came"},
		{"not shown", carried, delivered, "the terminal shows nothing, though the gateway reports delivered"},
		{"other words", append(carried, shown("Hello", p.flags.SI)), delivered, `the terminal shows service indication "Hello"`},
		{"another link", append(carried, shown(p.flags.Text, "http://example.com/")), delivered, "→ http://example.com/"},
		{"not delivered", append(carried, right), result(pap.StateUndeliverable, push.Confirmed), "the result is undeliverable"},
		{"not confirmed", append(carried, right), result(pap.StateDelivered, push.Unconfirmed), "want confirmed"},
		{"the result of another push", append(carried, right), &other, "of another"},
		{"nothing lost", []handset.Event{radio(handset.Arrived), radio(handset.Arrived), right}, delivered, "carried 2 segments and lost 0"},
		{"unreadable", []handset.Event{{What: handset.Unreadable, To: "2", From: "1", Detail: "octet 7"}}, nil, "octet 7"},
		{"the link breaks", []handset.Event{{What: handset.Unbound, From: "ppgbox"}}, nil, "SMSC: ppgbox unbound"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := &demoParts{
				gateway: &gatewayProcess{}, events: make(chan handset.Event, 8), initiator: &demoInitiator{results: make(chan *pap.ResultNotification, 1)},
			}
			for _, e := range tt.events {
				d.events <- e
			}
			if tt.result != nil {
				d.initiator.results <- tt.result
			}
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			go func() { // the time is over when all that happens has happened
				for len(d.events)+len(d.initiator.results) > 0 && ctx.Err() == nil {
					time.Sleep(time.Millisecond)
				}
				cancel(errors.New("over"))
			}()
			content, notification, err := p.follow(ctx, d, &story{out: &bytes.Buffer{}})
			if err == nil {
				err = p.check(content, notification)
			}
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestStoryFolds(t *testing.T) {
	word := strings.Repeat("ä", 50)
	tests := []struct{ name, line, want string }{
		{"narrow", "  a b", "  a b\n"},
		{"wide", "  " + word + " " + word + " " + word + " b", "  " + word + " " + word + "\n    " + word + " b\n"},
		{"exactly the width", word + word + strings.Repeat("b", 20), word + word + strings.Repeat("b", 20) + "\n"},
		{"a word of the width and one more", word + " " + strings.Repeat("b", 70), word + "\n    " + strings.Repeat("b", 70) + "\n"},
		{"no space", strings.Repeat("b", 130), strings.Repeat("b", 130) + "\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			(&story{out: &out}).fold(tt.line, "    ")
			if out.String() != tt.want {
				t.Errorf("got\n%swant\n%s", &out, tt.want)
			}
		})
	}
}

func TestTail(t *testing.T) {
	var l tail
	for range 1000 {
		if _, err := l.Write([]byte("0123456789\n")); err != nil {
			t.Fatal(err)
		}
	}
	got := l.String()
	if len(got) > tailOctets || len(got) < tailOctets-20 || !strings.HasPrefix(got, "0123") || !strings.HasSuffix(got, "789") {
		t.Errorf("%d octets are kept, from %q", len(got), got[:10])
	}
}
