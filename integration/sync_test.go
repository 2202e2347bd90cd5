package integration

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/initiator"
	"github.com/ppgbox/ppgbox/integration/peers"
	"github.com/ppgbox/ppgbox/integration/process"
)

// A push answered 1001 is on disk: strace shows the push written to the store's file, that file synced, and only then the 202.
//
// To see this test fail, take the sync away: with "synchronous = NORMAL" in host/store/sqlite/pragmas.go a commit is not
// synced any more (WAL mode), and every push is reported as "written to a file, but the file was not synced before the 202".
func TestPushIsSyncedBeforeItIsAnswered(t *testing.T) {
	peers.Need(t, peers.Strace)
	gateway := newBox(t, "")
	trace := filepath.Join(t.TempDir(), "strace")
	gateway.Start(t, straceCommand(trace)...)

	// Under load: initiators side by side, so that a sync is for several pushes and others are written meanwhile.
	const initiators, each = 16, 6
	pushID := func(n int) string { return fmt.Sprintf("sync-%d@pi.example", n) }
	later := time.Now().Add(time.Hour).UTC().Format("2006-01-02T15:04:05Z")
	var submitting sync.WaitGroup
	for i := range initiators {
		submitting.Go(func() {
			client := gateway.Client()
			for n := i * each; n < (i+1)*each; n++ {
				answer, err := client.Submit(initiator.Push{
					ID: pushID(n), To: []string{gateway.Address(loopback(2))},
					Attributes: `deliver-after-timestamp="` + later + `"`,
					Type:       "text/vnd.wap.si", Content: initiator.SI(siHref, siID, siAction, "short"),
				})
				if err != nil || answer.Code() != "1001" {
					t.Errorf("%s: %v, %+v", pushID(n), err, answer)
				}
			}
		})
	}
	submitting.Wait()
	// strace has written what it saw when the last of the traced processes has ended.
	if err := syscall.Kill(gateway.PID(t), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	process.Eventually(t, time.Minute, "the host ends", func() bool { return len(gateway.Processes(t)) == 0 })
	text, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	all := calls(string(text))
	for n := range initiators * each {
		if err := syncedBeforeAnswer(all, pushID(n)); err != nil {
			t.Error(err)
		}
	}
}
