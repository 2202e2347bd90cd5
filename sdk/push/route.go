package push

// A RouteRequest asks a routing strategy for the way to one subscriber. It never carries the body of a push.
type RouteRequest struct {
	PushID     string // for logs
	Subscriber Subscriber
	// ApplicationID is the application on the terminal that the push is for.
	ApplicationID string
	// Size is the length of the content before encoding, in octets.
	Size int
}

// A Route is what a routing strategy answers: where a message has to go.
type Route struct {
	// Node names the node to send through, as the bearer's configuration knows it; "" leaves it to the bearer.
	Node string
	// APN is the access point a context has to be activated on when the terminal has no session.
	APN string
	// IMSI is the subscription, where the strategy found it.
	IMSI IMSI
	// Session is the terminal's session, nil if it is not online.
	Session *Session
}
