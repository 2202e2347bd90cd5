// Package subscriber knows whom an address stands for: it turns a user identifier, a number or an IP address into terminals, with the
// sessions that they have now in the packet network.
//
// The operator enters subscribers; sessions come and go by RADIUS accounting (host/radius) and by push clients that register
// (host/registration). Everything is in memory and, before whoever told it is answered, in the store.
//
// # Which terminal a session is of
//
// A session is of the bound terminal (store.Subscriber.Terminals) with its IMSI; if there is none, of that with its number; and if
// there is none either, it is nobody's, but the subscriber's who has registered at it. Nothing is guessed: a registration without a
// number or an IMSI at its session is a terminal of its own. (GGSN, APN, address) is one session; the same address behind another
// GGSN or APN is another.
//
// Nobody is registered at a session that is of a bound terminal of another subscriber: the network knows whose it is, and a client
// behind a phone that shares its connection would get what is pushed to that phone. Such a registration is refused, and one that is
// there ends, with a new owner, when RADIUS tells the numbers later or the operator enters the terminal. At a terminal that nobody has
// entered everybody may register.
//
// # Owners and generations
//
// Each owner of each address has a generation, which no other ever has, and Live tells whether it still counts. It does not any more
// from the moment that a method is called which says so: a Stop, a release, an Accounting-On, a new owner. Expiry counts when it is
// due. Sweeping, which removes what has expired from memory and store within about a minute, is for tidiness alone.
//
// RADIUS comes late and out of order. So a session has the time of the last that was told of it (Told): what happened before that
// does not change its owner. Accounting sessions that were stopped, or had to go for another, are remembered, the last 131,072 of them, in
// memory alone: what is told of one later is ignored. The same holds for what happened before the last Accounting-On of its GGSN.
// Times are compared by the second, as RADIUS has no more; within a second the order of telling counts. A time in the future is
// taken for now.
//
// A session that is known by registration alone lives as long as the registration. Where RADIUS tells that the address was given out
// before the registration, or names the same number or IMSI, it is the same session from then on; if the address was given out later, or
// to another number, it has a new owner, and the client must register again.
//
// # Memory and disk
//
// Changes are in the store's queue in the order in which memory saw them. What was answered is on disk, and so is there after a
// restart. What was not answered yet counts in memory at once; a crash may undo it, and whoever told it repeats it.
//
// When the store fails, whoever told gets the error, and memory keeps what was said, as it is true of the network: the session of a
// failed Start is used, that of a failed Stop is not. A repetition is written again, even where it would not have to be, and the
// sweeper gives the store every second what it has refused. Only a gateway that is started again before either has happened knows no
// better than the disk: it may believe in a session whose Stop it could not write, and did not answer, until the GGSN repeats the
// Stop, somebody else gets the address, or it expires. Refreshments are written when a session's expiry has moved by a tenth, so
// that one may expire by so much earlier after a restart.
//
// What the operator enters is on disk first and counts then.
//
// # Size
//
// There are no pointers in what there is a million of: subscribers, identifiers, terminals and sessions are numbers in slabs, texts are in an
// arena, numbers of 15 digits are one word. With one identifier of 28 octets and one terminal with number and IMSI a subscriber
// takes 210 octets of heap, and another 64 with a bcrypt hash; a session with both numbers and an accounting identifier takes 330,
// and about 200 more with a registration. That is 275 MB for 1,000,000 subscribers and 200,000 sessions, which a collection passes in
// 16 ms (BenchmarkResolve, on two cores that others kept busy).
//
// A look-up holds a read lock and takes 1.8 µs (the median; p99 11 µs). While 5000 messages a second of accounting are written its p99 is
// 32 µs (BenchmarkStore). A million rows are imported in about 8 s of CPU time and loaded in about 6.
package subscriber
