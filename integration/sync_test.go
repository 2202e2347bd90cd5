package integration

import (
	"fmt"
	"os"
	"path/filepath"
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

	var pushes []string
	later := time.Now().Add(time.Hour).UTC().Format("2006-01-02T15:04:05Z")
	for i := range 5 {
		push := initiator.Push{
			ID: fmt.Sprintf("sync-%d@pi.example", i), To: []string{gateway.Address(loopback(2))},
			Attributes: `deliver-after-timestamp="` + later + `"`,
			Type:       "text/vnd.wap.si", Content: initiator.SI(siHref, siID, siAction, "short"),
		}
		accept(t, gateway.Client(), push)
		pushes = append(pushes, push.ID)
	}
	// strace has written what it saw when the last of the traced processes has ended.
	if err := syscall.Kill(gateway.PID(t), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	process.Eventually(t, time.Minute, "the host ends", func() bool { return len(gateway.Processes(t)) == 0 })
	text, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range pushes {
		if err := syncedBeforeAnswer(string(text), id); err != nil {
			t.Error(err)
		}
	}
}
