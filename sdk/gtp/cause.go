package gtp

import "strconv"

// A Cause is the value of the information element Cause (3GPP TS 29.060 §7.7.1): up to 63 it says why a request is made, from 128
// how it was taken, from 192 why it was not.
type Cause uint8

// The values that the gateway and its push GGSN use by name. All of them have their text in Cause.String.
const (
	CauseRequestAccepted           Cause = 128
	CauseNewPDPTypeNetwork         Cause = 129
	CauseNewPDPTypeSingleAddress   Cause = 130
	CauseNonExistent               Cause = 192
	CauseInvalidMessageFormat      Cause = 193
	CauseIMSINotKnown              Cause = 194
	CauseMSDetached                Cause = 195
	CauseMSNotResponding           Cause = 196
	CauseMSRefuses                 Cause = 197
	CauseVersionNotSupported       Cause = 198
	CauseNoResources               Cause = 199
	CauseServiceNotSupported       Cause = 200
	CauseMandatoryIEIncorrect      Cause = 201
	CauseMandatoryIEMissing        Cause = 202
	CauseOptionalIEIncorrect       Cause = 203
	CauseSystemFailure             Cause = 204
	CauseUserAuthenticationFailed  Cause = 209
	CauseContextNotFound           Cause = 210
	CauseAllAddressesOccupied      Cause = 211
	CauseNoMemory                  Cause = 212
	CauseUnknownMandatoryExtension Cause = 214
	CauseMissingOrUnknownAPN       Cause = 219
	CauseUnknownPDPAddressOrType   Cause = 220
	CauseAPNAccessDenied           Cause = 222
	CauseCollisionWithNetworkInit  Cause = 228
	CauseAPNCongestion             Cause = 229
	CauseTemporarilyNotReachable   Cause = 232
)

// Accepted reports whether a response with the cause grants the request.
func (c Cause) Accepted() bool { return c >= CauseRequestAccepted && c < CauseNonExistent }

// String returns the text of 3GPP TS 29.060 table 38, or the number of a value that is reserved.
func (c Cause) String() string {
	switch c {
	case 0:
		return "request IMSI"
	case 1:
		return "request IMEI"
	case 2:
		return "request IMSI and IMEI"
	case 3:
		return "no identity needed"
	case 4:
		return "MS refuses (in a request)"
	case 5:
		return "MS is not GPRS responding (in a request)"
	case 6:
		return "reactivation requested"
	case 7:
		return "PDP address inactivity timer expires"
	case 8:
		return "network failure"
	case 9:
		return "QoS parameter mismatch"
	case CauseRequestAccepted:
		return "request accepted"
	case CauseNewPDPTypeNetwork:
		return "new PDP type due to network preference"
	case CauseNewPDPTypeSingleAddress:
		return "new PDP type due to single address bearer only"
	}
	if c >= CauseNonExistent && int(c-CauseNonExistent) < len(rejections) {
		return rejections[c-CauseNonExistent]
	}
	return "cause " + strconv.Itoa(int(c))
}

// rejections are the texts from 192 on, without a gap.
var rejections = [...]string{
	"non-existent",
	"invalid message format",
	"IMSI/IMEI not known",
	"MS is GPRS detached",
	"MS is not GPRS responding",
	"MS refuses",
	"version not supported",
	"no resources available",
	"service not supported",
	"mandatory IE incorrect",
	"mandatory IE missing",
	"optional IE incorrect",
	"system failure",
	"roaming restriction",
	"P-TMSI signature mismatch",
	"GPRS connection suspended",
	"authentication failure",
	"user authentication failed",
	"context not found",
	"all dynamic PDP addresses are occupied",
	"no memory is available",
	"relocation failure",
	"unknown mandatory extension header",
	"semantic error in the TFT operation",
	"syntactic error in the TFT operation",
	"semantic errors in packet filters",
	"syntactic errors in packet filters",
	"missing or unknown APN",
	"unknown PDP address or PDP type",
	"PDP context without TFT already activated",
	"APN access denied, no subscription",
	"APN restriction type incompatible with currently active PDP contexts",
	"MS MBMS capabilities insufficient",
	"invalid correlation-ID",
	"MBMS bearer context superseded",
	"bearer control mode violation",
	"collision with network initiated request",
	"APN congestion",
	"bearer handling not supported",
	"target access restricted for the subscriber",
	"UE is temporarily not reachable due to power saving",
	"relocation failure due to NAS message redirection",
}
