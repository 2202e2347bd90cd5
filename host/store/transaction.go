package store

import "time"

// A Transaction is what an implementation wrote at once: the events of every Commit that came together in it.
type Transaction struct {
	Calls  int           // of Commit, those that were refused as well; 0 for what the store writes of its own
	Octets int64         // that went to disk before anybody got an answer
	Took   time.Duration // from its beginning until it was on disk
}

// A Teller is a Store that tells of its transactions, for whoever watches it.
type Teller interface {
	// Tell has f called after each transaction that is on disk, by the goroutine that writes: it must not block. It is called
	// once, before the first Commit.
	Tell(f func(Transaction))
}
