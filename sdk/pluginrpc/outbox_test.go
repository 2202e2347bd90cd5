package pluginrpc

import (
	"context"
	"errors"
	"testing"
)

func TestOutboxBatches(t *testing.T) {
	rows := []struct {
		name  string
		sizes []int
		want  []int // items of each batch
	}{
		{"few go together", []int{10, 10, 10}, []int{3}},
		{"64 items at most", make([]int, 2*maxBatchItems+1), []int{maxBatchItems, maxBatchItems, 1}},
		{"256 KB at most", []int{100 << 10, 100 << 10, 100 << 10}, []int{2, 1}},
		{"a longer one goes alone", []int{10, MaxItemSize, 10}, []int{1, 1, 1}},
		{"nothing", nil, nil},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			o := newOutbox[int]()
			for i, s := range r.sizes {
				o.put(i, s)
			}
			o.close()
			if o.put(1, 1) {
				t.Error("put after close took an item")
			}
			next := 0
			var got []int
			err := o.run(func(batch []int) error {
				for _, i := range batch {
					if i != next {
						t.Fatalf("item %d comes as number %d", i, next)
					}
					next++
				}
				got = append(got, len(batch))
				return nil
			})
			if err != nil || next != len(r.sizes) {
				t.Fatalf("%d of %d items written, error %v", next, len(r.sizes), err)
			}
			if len(got) != len(r.want) {
				t.Fatalf("batches of %v items, want %v", got, r.want)
			}
			for i := range got {
				if got[i] != r.want[i] {
					t.Fatalf("batches of %v items, want %v", got, r.want)
				}
			}
		})
	}
}

func TestOutboxKeepsWhatItCouldNotWrite(t *testing.T) {
	o := newOutbox[int]()
	for i := range maxBatchItems + 3 {
		o.put(i, 1)
	}
	broken := errors.New("broken")
	if err := o.run(func([]int) error { return broken }); !errors.Is(err, broken) {
		t.Fatalf("run: %v", err)
	}
	if got := o.unwritten(); len(got) != 3 || got[0] != maxBatchItems {
		t.Errorf("never written: %v, want the three of the second batch", got)
	}
	o.flush(context.Background()) // must not wait for what is never written
}

func TestOutboxFlushWaitsForTheWrite(t *testing.T) {
	o := newOutbox[int]()
	writing, goOn := make(chan struct{}), make(chan struct{})
	go func() {
		_ = o.run(func([]int) error { close(writing); <-goOn; return nil })
	}()
	o.put(1, 1)
	<-writing
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	o.flush(ended) // the context bounds it
	flushed := make(chan struct{})
	go func() { o.flush(context.Background()); close(flushed) }()
	select {
	case <-flushed:
		t.Fatal("flush did not wait for the frame that is being written")
	default:
	}
	close(goOn)
	<-flushed
	o.close()
}

func TestOutboxSlowPutWaits(t *testing.T) {
	o := newOutbox[int]()
	o.putSlow(1, 1, 1)
	second := make(chan struct{})
	go func() { o.putSlow(2, 1, 1); close(second) }()
	select {
	case <-second:
		t.Fatal("the second one did not wait")
	default:
	}
	if b, ok := o.take(nil); !ok || len(b) != 1 {
		t.Fatalf("took %v", b)
	}
	<-second
	if b, ok := o.take(nil); !ok || len(b) != 1 || b[0] != 2 {
		t.Fatalf("took %v", b)
	}
}
