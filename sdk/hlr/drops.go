package hlr

// Drops count what a backend received and dropped since it was made: nothing of it became an answer.
type Drops struct {
	// Unasked came late, for the second time, or for nothing that was asked.
	Unasked uint64
	// Malformed could not be read.
	Malformed uint64
	// Strangers were not the register.
	Strangers uint64
}

// Drops returns the counts until now. What breaks off a connection is none of them: it is an error of the questions that waited.
func (h *OsmoHLR) Drops() Drops {
	return Drops{Unasked: h.counting.stale.Load() + h.counting.foreign.Load()}
}

// Drops returns the counts until now.
func (s *Sh) Drops() Drops {
	c := s.peer.Counters()
	return Drops{Unasked: c.Stale + c.Foreign, Malformed: c.Malformed}
}
