package faults

import (
	"flag"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/box"
)

// full has all cases run, with whole bursts, and the README's table and results.json written.
var full = flag.Bool("full", false, "run all cases with whole bursts and write README.md and results.json")

// Pushes of one burst, and how many of them are offered a second.
const (
	fullBurst, fullRate   = 5000, 1000
	shortBurst, shortRate = 600, 300
)

// sideBySide is how many cases of the short run there are at a time: most of a case is waiting, whatever the number of CPUs.
const sideBySide = 5

// build compiles ppgbox once, when the first case needs it.
var build = sync.OnceValues(func() (string, error) { return box.Build(buildFolder) })

var buildFolder string // set by TestMain

func TestMain(m *testing.M) {
	flag.Parse()
	var err error
	if buildFolder, err = os.MkdirTemp("", "ppgbox-faults-build-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(buildFolder)
	os.Exit(code)
}

func TestFaults(t *testing.T) {
	pushes := shortBurst
	if *full {
		pushes = fullBurst
	}
	var mu sync.Mutex
	verdicts := map[string]*verdict{}
	all := cases()
	t.Run("case", func(t *testing.T) {
		places := make(chan struct{}, 1)
		if !*full {
			places = make(chan struct{}, sideBySide)
		}
		var running sync.WaitGroup
		for i := range all {
			c := &all[i]
			if !*full && !c.short {
				continue
			}
			places <- struct{}{}
			running.Go(func() {
				defer func() { <-places }()
				t.Run(c.name, func(t *testing.T) {
					if c.root && !mayMount() {
						t.Skip("needs root, for a file system of its own")
					}
					v := try(t, c, pushes)
					mu.Lock()
					defer mu.Unlock()
					verdicts[c.name] = v
				})
			})
		}
		running.Wait()
	})
	if *full {
		var list []*verdict
		for _, c := range all {
			if v := verdicts[c.name]; v != nil {
				list = append(list, v)
			}
		}
		if len(list) < len(all) {
			t.Logf("%d of %d cases ran: README.md and results.json stay as they are", len(list), len(all))
			return
		}
		write(t, list)
	}
}

// try runs one case and returns what was seen.
func try(t *testing.T, c *faultCase, pushes int) *verdict {
	v := &verdict{Case: c.name, promise: c.promise, description: c.what}
	began := time.Now()
	if c.inside != nil {
		c.inside(t, v, pushes)
		v.took = time.Since(began)
	} else {
		r := newRun(t, c, pushes, *full)
		r.begin()
		c.do(r, v)
		r.finish()
		v.took = time.Since(r.started)
		r.judge(v)
		for _, problem := range r.checkLeaks() {
			v.complain("%s", problem)
		}
	}
	v.OK = len(v.problems) == 0 && !t.Failed() && v.Pushes >= pushes
	for i, problem := range v.problems {
		if i == 20 {
			t.Errorf("and %d more", len(v.problems)-i)
			break
		}
		t.Error(problem)
	}
	t.Logf("%d pushes in %v, %d delivered, %d on the air again, %d shown twice, %d notifications repeated, %d submissions not taken, %d overtaken, %d references reused, slowest answer %v",
		v.Pushes, v.took.Round(time.Millisecond), v.delivered, v.Duplicates, v.twice, v.repeats, v.refused, v.overtaken, v.reused, v.slowest)
	for state, n := range v.others {
		t.Logf("%d are %s", n, state)
	}
	return v
}
