package peers

import (
	"net/netip"
	"syscall"
	"testing"
)

// OtherGGSN stands for a GGSN that is not OsmoGGSN, as Mobile.GGSN: where it is, and the network of its mobiles.
func OtherGGSN(address, apn string, pool netip.Prefix) *OsmoGGSN {
	return &OsmoGGSN{GGSN: GGSN{In: Own(), Address: address, APN: apn, Pool: pool}}
}

// Leave has the mobile give its PDP context up. When that is so its GGSN knows.
func (o *Online) Leave(t testing.TB) {
	t.Helper()
	o.process.Signal(syscall.SIGTERM)
}
