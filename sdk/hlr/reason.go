package hlr

import "fmt"

// A Reason says in a few words why a subscriber can not be reached, "" if nobody says. For logs and for people; only the constants
// here are compared with.
type Reason string

// The reasons that the backends give of themselves.
const (
	GPRSDetached      Reason = "GPRS detached"
	PurgedForGPRS     Reason = "purged for GPRS"
	Absent            Reason = "absent subscriber"
	NoPagingResponse  Reason = "no paging response via the SGSN"
	NoPagingViaMSC    Reason = "no paging response via the MSC"
	NotProvisioned    Reason = "no packet-switched service"
	LocationUnknown   Reason = "no SGSN known"
	NotReachablePaged Reason = "attached, not reachable for paging"
)

// reasonOf words an MS Not Reachable Reason (3GPP TS 29.060 §7.7.25A), which has the numbers of Absent-User-Diagnostic-SM
// (TS 23.040 §3.3.2).
func reasonOf(code uint8) Reason {
	switch code {
	case 0:
		return NoPagingViaMSC
	case 1:
		return "IMSI detached"
	case 2:
		return "roaming restriction"
	case 3:
		return "deregistered in the HLR for non GPRS"
	case 4:
		return "purged for non GPRS"
	case 5:
		return NoPagingResponse
	case 6:
		return GPRSDetached
	case 7:
		return "deregistered in the HLR for GPRS"
	case 8:
		return PurgedForGPRS
	case 9:
		return "unidentified subscriber via the MSC"
	case 10:
		return "unidentified subscriber via the SGSN"
	case 11:
		return "deregistered in the HSS/HLR for IMS"
	case 12:
		return "no response via the IP-SM-GW"
	case 13:
		return "temporarily unavailable"
	}
	return Reason(fmt.Sprintf("reason %d", code))
}

// ofMAPCause turns the MAP error of a Send Routeing Information for GPRS (3GPP TS 29.002 §10.4, §17.6.6) into an error, or nil for
// an absent subscriber, which is an answer.
func ofMAPCause(backend string, cause uint8) error {
	failure := &Error{Backend: backend, Kind: ErrRefused, Code: fmt.Sprintf("MAP error %d", cause)}
	switch cause {
	case 27: // absentSubscriber
		return nil
	case 1: // unknownSubscriber
		failure.Kind = ErrUnknownSubscriber
	case 34: // systemFailure
		failure.Again = true
	}
	return failure
}
