package peers

import "strings"

// Restarts returns how often OsmoGGSN says it found an SGSN with another restart counter.
func (o *OsmoGGSN) Restarts(sgsn string) int {
	return strings.Count(o.process.Log(), "SGSN("+sgsn+"): SGSN recovery (")
}
