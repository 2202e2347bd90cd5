//go:build linux

package main

import (
	"fmt"
	"maps"
	"strconv"
	"sync"
	"time"

	"github.com/ppgbox/ppgbox/sdk/node"
)

// A nodeSource is the gateway's side of the push GGSN's interface, without a gateway.
type nodeSource struct {
	client *node.Client
	began  time.Time

	mu       sync.Mutex
	open     sync.WaitGroup
	offers   int
	accepted int
	others   map[string]int
}

// nodePush is a Push of WSP without headers but the content type; behind it are the number of its terminal (WAP-230 §8.2.4.1), and
// octets that make sixteen lengths of it.
var nodePush = []byte{0x01, 0x06, 0x01, 0xae}

func nodePushLength(n int) int { return 100 + n%16 }

func newNodeSource(n *packetNetwork, seen *arrivals) (*nodeSource, error) {
	carried := carrier(func(payload []byte) (int, bool) {
		if len(payload) < len(nodePush)+digits {
			return 0, false
		}
		n, ok := number(payload[len(nodePush) : len(nodePush)+digits])
		return n, ok && len(payload) == nodePushLength(n)
	})
	seen.carried.Store(&carried)
	s := &nodeSource{began: seen.began, others: map[string]int{}}
	up := make(chan struct{})
	var once sync.Once
	client, err := node.Dial(n.node, node.DialOptions{
		Gateway: "bench", Credentials: func() (node.Credentials, error) { return node.Credentials{Token: nodeToken}, nil },
		OnLink: func(l node.Link) {
			if l.Up {
				once.Do(func() { close(up) })
			}
		},
	})
	if err != nil {
		return nil, err
	}
	s.client = client
	select {
	case <-up:
		return s, nil
	case <-time.After(10 * time.Second):
		client.Close()
		return nil, fmt.Errorf("the push GGSN is not connected: %s", client.Link().Why)
	}
}

func (s *nodeSource) offer(first, count int, rate float64) ([]int64, error) {
	due := make([]int64, count)
	s.offers++
	start := time.Now()
	for i := range due {
		at := start.Add(time.Duration(float64(i) / rate * float64(time.Second)))
		due[i] = int64(at.Sub(s.began))
		if wait := time.Until(at); wait > 0 {
			time.Sleep(wait) // a push that is put in late was due when it was
		}
		s.push(first + i)
	}
	done := make(chan struct{})
	go func() {
		s.open.Wait()
		close(done)
	}()
	select {
	case <-done:
		return due, nil
	case <-time.After(nodePatience + 10*time.Second):
		return nil, errUnanswered
	}
}

// nodePatience is how much time a push has.
const nodePatience = 20 * time.Second

func (s *nodeSource) push(n int) {
	payload := make([]byte, nodePushLength(n))
	copy(payload, nodePush)
	copy(payload[len(nodePush):], "00000000")
	putNumber(payload[len(nodePush):len(nodePush)+digits], n)
	s.open.Add(1)
	s.client.Push(node.Push{
		ID: strconv.Itoa(s.offers) + "-" + strconv.Itoa(n), IMSI: imsiOf(n), Payload: payload, TerminalPort: wapPushPort, Within: nodePatience,
	}, func(r node.Result) {
		s.mu.Lock()
		if r.Sent {
			s.accepted++
		} else {
			s.others[string(r.Cause)]++
		}
		s.mu.Unlock()
		s.open.Done()
	})
}

func (s *nodeSource) taken() (int, map[string]int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accepted, maps.Clone(s.others)
}

func (*nodeSource) usage() []usage { return nil }

func (s *nodeSource) close() { s.client.Close() }
