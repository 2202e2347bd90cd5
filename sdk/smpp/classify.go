package smpp

// Class says what a status means for sending the same message again.
type Class uint8

// Classes.
const (
	ClassOK        Class = iota
	ClassTemporary       // not now; the same message may pass later
	ClassThrottled       // too fast or too many: slow the link down, then send again
	ClassPermanent       // the same message will be refused again
	ClassUnclear         // the status does not say
)

// String gives the class in lower case.
func (c Class) String() string {
	switch c {
	case ClassOK:
		return "ok"
	case ClassTemporary:
		return "temporary"
	case ClassThrottled:
		return "throttled"
	case ClassPermanent:
		return "permanent"
	}
	return "unclear"
}

// Classifier classifies responses. GSM maps the codes of a network_error_code of a GSM network; which table an SMSC uses differs, so it
// is a setting. A nil GSM reads them as MAP error numbers.
type Classifier struct {
	GSM map[uint16]Class
}

// Class classifies a response by its status and, where that leaves it open (a failed delivery, an unspecific error), by its
// delivery_failure_reason and network_error_code.
func (c Classifier) Class(s Status, t TLVs) Class {
	class := statusClass(s)
	if s != StatusDeliveryFailure && class != ClassUnclear {
		return class
	}
	reason, ok, err := t.Uint(TagDeliveryFailureReason)
	if ok && err == nil {
		switch DeliveryFailureReason(reason) {
		case FailureAddressInvalid, FailurePermanentNetworkError:
			return ClassPermanent
		case FailureTemporaryNetworkError:
			return ClassTemporary
		case FailureDestinationUnavailable:
			class = ClassTemporary // and the network's code may say that it never will be
		}
	}
	if n, ok, err := t.NetworkError(); ok && err == nil && n.Type == NetworkGSM {
		if g, known := c.gsm(n.Code); known {
			return g
		}
	}
	return class
}

func (c Classifier) gsm(code uint16) (Class, bool) {
	if c.GSM != nil {
		class, ok := c.GSM[code]
		return class, ok
	}
	return mapErrorClass(code)
}

// statusClass is the class of a status alone. Temporary and throttled are those that SMPP 3.4 §5.1.3 words so, with the system error
// and the delivery failure of transaction mode.
func statusClass(s Status) Class {
	switch s {
	case StatusOK:
		return ClassOK
	case StatusThrottled, StatusMsgQFul:
		return ClassThrottled
	case StatusSysErr, StatusRxTAppn, StatusDeliveryFailure:
		return ClassTemporary
	case StatusSubmitFail, StatusUnknownErr:
		return ClassUnclear
	}
	if statusName(s) == "" {
		return ClassUnclear // reserved or a vendor's own
	}
	return ClassPermanent
}

// mapErrorClass classifies MAP error numbers (3GPP TS 29.002 §17.6) that a short message can meet.
func mapErrorClass(code uint16) (Class, bool) {
	switch code {
	case 5, // unidentified subscriber: the MSC has forgotten it, and is told again
		6, 27, // absent subscriber (SM), absent subscriber
		31, 32, // subscriber busy for MT SMS, SM delivery failure
		34: // system failure
		return ClassTemporary, true
	case 1, 11, 13, 21, // unknown subscriber, teleservice not provisioned, call barred, facility not supported
		9, 12, // illegal subscriber, illegal equipment
		35, 36: // data missing, unexpected data value
		return ClassPermanent, true
	}
	return ClassUnclear, false
}
