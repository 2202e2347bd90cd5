package store

import (
	"context"
	"errors"
	"time"
)

// Store is a durable store. All methods may be called from many goroutines.
type Store interface {
	// NextIDs returns the first of n consecutive numbers, n > 0, that no push, delivery, notification, subscriber or generation of
	// a session of any host has had. It does not block for long.
	NextIDs(n int) int64

	// Commit writes the events of one call whole or not at all, and calls done once, when they are on disk (synced, so that a
	// power cut does not lose them) or with the error. Events of several calls share a transaction; those of one caller are
	// written in the order of its calls. It blocks only while the queue of the writer is full. done must not block, and so must
	// not call Commit.
	//
	// A call of nothing but DeliveryFinished, NotificationFailed, NotificationEnded, SessionPut and SessionRemoved may wait for
	// company, 2 ms at most, before the writing begins: nobody waits for those but who is told of the result, or a GGSN, whose
	// accounting is in no hurry. All other calls begin at once, and take along what waits. So more can be in memory only when the host is killed: a delivery whose answer had come from the network in the last
	// 2 ms, and in the transaction that was on its way, is taken up again at the next start, and a Push Initiator may hear
	// the same result twice. What was answered with done stays. Claim and Close leave nothing behind that waits.
	//
	// A PushAccepted is taken for every lane: one whose lane is not leased by this host will be taken up by the host that leases
	// it. Subscribers and sessions need no lease. All other events have to be of deliveries whose lane's partition is leased by
	// this host.
	//
	// Errors: ErrDuplicatePushID, ErrFenced, ErrClosed; ErrNotFound for an event of a delivery or notification that is not there;
	// ErrFinal for a second result of a delivery, or any event of a notification that has ended. Everything else means that an
	// event made no sense or that the store is broken for now. In every case nothing of this call was written. Events must not
	// be changed after the call.
	Commit(events []Event, done func(error))

	// Claim takes a lease on partitions, or renews the one it has: as many as are free or its own. What the lease does not
	// cover belongs to another host.
	Claim(ctx context.Context, ttl time.Duration) (Lease, error)

	// Load calls f with every push that has a delivery in the leased partitions that is not final or whose notification is
	// owed, in the order of acceptance, with all its deliveries, their attempts and notifications. It ends with the first error
	// of f. A row whose checksum does not hold is reported to bad and left out, and so is what can not be understood without it.
	Load(ctx context.Context, l Lease, f func(*Record) error, bad func(error)) error

	// LoadSubscribers calls f with every subscriber, and LoadSessions with every session, in no order that means anything. They end
	// with the first error of f, which may use the store. A row whose checksum does not hold is reported to bad and left out. What
	// is put or removed meanwhile may be left out or not.
	LoadSubscribers(ctx context.Context, f func(*Subscriber) error, bad func(error)) error
	LoadSessions(ctx context.Context, f func(*Session) error, bad func(error)) error

	// Find returns the push of an initiator, or ErrNotFound. A row whose checksum does not hold is an error.
	Find(ctx context.Context, initiator, pushID string) (*Record, error)

	// FindAny returns the pushes of all initiators with this push-id, for operators; none is not an error.
	FindAny(ctx context.Context, pushID string) ([]*Record, error)

	// Prune removes pushes whose deliveries are all final and that owe no notification: those that ended before a time (the last
	// result or acknowledgement counts; zero: none for their age), and those that were accepted before the newest keep pushes of
	// the store (0: none for their number). Their push-ids may be used again. It removes at most limit and says how many; it
	// looks at a bounded number of pushes, goes on there at the next call, and begins again when it has seen all that can be due:
	// call it from time to time. Commits beside it wait a few milliseconds at most.
	Prune(ctx context.Context, finishedBefore time.Time, keep, limit int) (removed int, err error)

	// Close waits for what was committed before, releases the lease and closes. Commits after it get ErrClosed.
	Close() error
}

// A Lease says which partitions belong to this host, until when, and with which fencing number. A host whose lease has been
// taken over by another gets ErrFenced for its commits.
type Lease struct {
	Host       string
	Partitions []int
	Fence      int64
	Until      time.Time
}

// Errors of a Store.
var (
	ErrNotFound        = errors.New("not found")
	ErrDuplicatePushID = errors.New("push-id already used")
	ErrFinal           = errors.New("it is final already")
	ErrFenced          = errors.New("the partition belongs to another host now")
	ErrClosed          = errors.New("the store is closed")
)
