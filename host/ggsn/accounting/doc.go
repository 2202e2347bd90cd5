// Package accounting tells a RADIUS accounting server (RFC 2866) which terminal has which address, with the attributes that a GGSN has
// for it (3GPP TS 29.061 §16.4).
//
// Records wait in a bounded queue and go over one socket, a bounded number of them without an answer at once. One that is not answered is
// sent again, the same octets with the same identifier, with a pause that grows, until it is given up. Accounting-On goes before
// everything else: what follows it waits until it is answered, or given up, since it ends all sessions at the server. There is no
// goroutine and no timer for a record.
package accounting
