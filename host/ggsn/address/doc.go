// Package address gives terminals their addresses: static ones, which belong to an IMSI for good, and those of a pool. An address of the
// pool that one terminal gave up is no other terminal's for a quarantine time, so that what is still on its way to the one never
// arrives at the other; the same terminal may have it back at once. An address may be reserved for a terminal whose context is
// to come.
//
// Static addresses are sorted arrays: a million of them take 16 MB.
package address
