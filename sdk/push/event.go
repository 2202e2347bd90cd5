package push

// EventKind is what a bearer noticed.
type EventKind int

// The events.
const (
	// EventReachable: the terminal can be reached again; what waits for it may be tried at once.
	EventReachable EventKind = iota + 1
	// EventSessionUp: the terminal has the session now.
	EventSessionUp
	// EventSessionDown: the terminal has lost the session.
	EventSessionDown
	// EventAddressReleased: a node gave the address free; nothing may be sent to it any more.
	EventAddressReleased
)

// An Event is what a bearer learned about a terminal beside its deliveries.
type Event struct {
	Kind     EventKind
	Terminal Subscriber // what identifies the terminal: address, MSISDN or IMSI, as far as known
	Session  *Session   // of session and address events
	Cause    string
}
