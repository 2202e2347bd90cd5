package esme

import "github.com/ppgbox/ppgbox/sdk/smpp"

// A flight is a request on its way. Those that have landed are used again, so that a request in a busy link costs no memory.
type flight struct {
	session *smpp.Session
	epoch   int // of the pace
	done    func(smpp.Result)
	end     func(smpp.Result) // which its session calls, once
}

// maxSpare is how many flights a link keeps for the next requests.
const maxSpare = 1024

// take is an empty flight. l.mu is held.
func (l *Link) take() *flight {
	if last := len(l.spare) - 1; last >= 0 {
		f := l.spare[last]
		l.spare = l.spare[:last]
		return f
	}
	f := &flight{}
	f.end = func(r smpp.Result) { l.answered(f, r) }
	return f
}

// put keeps a flight that has landed. l.mu is held.
func (l *Link) put(f *flight) {
	f.session, f.done = nil, nil
	if len(l.spare) < maxSpare {
		l.spare = append(l.spare, f)
	}
}
