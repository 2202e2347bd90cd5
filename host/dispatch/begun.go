package dispatch

import "github.com/ppgbox/ppgbox/sdk/push"

// setBegun notes whether the job has a token, so that a lane in which no other has, as nearly every one, is not searched.
func (j *job) setBegun(begun bool) {
	if begun == j.begun {
		return
	}
	if j.begun = begun; begun {
		j.lane.begun++
	} else {
		j.lane.begun--
	}
}

// otherTokens are the tokens of what else was begun with the terminal over the job's bearer and waits: of retries, which let others
// pass, and of what was on the air when the host or the bearer went down. The bearer's allocators may have forgotten them.
func (d *Dispatcher) otherTokens(j *job) (tokens [][]byte) {
	left := j.lane.begun
	if j.begun {
		left--
	}
	for _, waiting := range [...][]*job{j.lane.queue, j.lane.sleepers} {
		for _, other := range waiting {
			if left == 0 || len(tokens) == push.MaxOtherTokens {
				return tokens
			}
			if !other.begun || other == j {
				continue
			}
			left--
			if a := d.papersOf(other).attempt; a.Bearer == j.bearer() {
				tokens = append(tokens, a.Token)
			}
		}
	}
	return tokens
}
