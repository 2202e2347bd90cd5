package smpp

import (
	"encoding/binary"
	"fmt"
)

// DeliveryFailureReason is the value of delivery_failure_reason. SMPP 3.4 §5.3.2.33.
type DeliveryFailureReason uint8

// Delivery failure reasons.
const (
	FailureDestinationUnavailable DeliveryFailureReason = 0
	FailureAddressInvalid         DeliveryFailureReason = 1
	FailurePermanentNetworkError  DeliveryFailureReason = 2
	FailureTemporaryNetworkError  DeliveryFailureReason = 3
)

// NetworkType is the first octet of network_error_code. SMPP 3.4 §5.3.2.31.
type NetworkType uint8

// NetworkGSM says that the code of a NetworkError is one of a GSM network, usually a MAP error number.
const NetworkGSM NetworkType = 3

// NetworkError is the value of network_error_code.
type NetworkError struct {
	Type NetworkType
	Code uint16
}

// NetworkError is the first network_error_code. A value that does not have three octets is an error.
func (t TLVs) NetworkError() (n NetworkError, ok bool, err error) {
	b, ok := t.Get(TagNetworkErrorCode)
	if !ok {
		return n, false, nil
	}
	if len(b) != 3 {
		return n, true, fmt.Errorf("smpp: network_error_code: %d octets, must be 3", len(b))
	}
	return NetworkError{Type: NetworkType(b[0]), Code: binary.BigEndian.Uint16(b[1:])}, true, nil
}

// AddNetworkError appends a network_error_code.
func (t *TLVs) AddNetworkError(n NetworkError) {
	*t = append(*t, TLV{Tag: TagNetworkErrorCode, Value: []byte{byte(n.Type), byte(n.Code >> 8), byte(n.Code)}})
}
