package smpp

import "fmt"

// Status is the command_status of a response: 0 or what went wrong. SMPP 3.4 §5.1.3.
type Status uint32

// Statuses of SMPP 3.4 §5.1.3, in its spelling without ESME_R. Status.String knows more of them, those of version 5.0 included.
const (
	StatusOK              Status = 0x00000000 // Ok
	StatusInvMsgLen       Status = 0x00000001 // Message length is invalid
	StatusInvCmdLen       Status = 0x00000002 // Command length is invalid
	StatusInvCmdID        Status = 0x00000003 // Invalid command ID
	StatusInvBndSts       Status = 0x00000004 // Incorrect BIND status for given command
	StatusAlyBnd          Status = 0x00000005 // ESME already in bound state
	StatusInvPrtFlg       Status = 0x00000006 // Invalid priority flag
	StatusInvRegDlvFlg    Status = 0x00000007 // Invalid registered delivery flag
	StatusSysErr          Status = 0x00000008 // System error
	StatusInvSrcAdr       Status = 0x0000000A // Invalid source address
	StatusInvDstAdr       Status = 0x0000000B // Invalid destination address
	StatusInvMsgID        Status = 0x0000000C // Message ID is invalid
	StatusBindFail        Status = 0x0000000D // Bind failed
	StatusInvPaswd        Status = 0x0000000E // Invalid password
	StatusInvSysID        Status = 0x0000000F // Invalid system ID
	StatusCancelFail      Status = 0x00000011 // Cancel SM failed
	StatusReplaceFail     Status = 0x00000013 // Replace SM failed
	StatusMsgQFul         Status = 0x00000014 // Message queue full
	StatusInvSerTyp       Status = 0x00000015 // Invalid service type
	StatusInvESMClass     Status = 0x00000043 // Invalid esm_class field data
	StatusSubmitFail      Status = 0x00000045 // submit_sm or submit_multi failed
	StatusInvSrcTON       Status = 0x00000048 // Invalid source address TON
	StatusInvSrcNPI       Status = 0x00000049 // Invalid source address NPI
	StatusInvDstTON       Status = 0x00000050 // Invalid destination address TON
	StatusInvDstNPI       Status = 0x00000051 // Invalid destination address NPI
	StatusInvSysTyp       Status = 0x00000053 // Invalid system_type field
	StatusThrottled       Status = 0x00000058 // Throttling error (ESME exceeded allowed message limits)
	StatusInvSched        Status = 0x00000061 // Invalid scheduled delivery time
	StatusInvExpiry       Status = 0x00000062 // Invalid message validity period (expiry time)
	StatusRxTAppn         Status = 0x00000064 // ESME receiver temporary app error code
	StatusRxPAppn         Status = 0x00000065 // ESME receiver permanent app error code
	StatusRxRAppn         Status = 0x00000066 // ESME receiver reject message error code
	StatusQueryFail       Status = 0x00000067 // query_sm request failed
	StatusInvTLVStream    Status = 0x000000C0 // Error in the optional part of the PDU body
	StatusTLVNotAllwd     Status = 0x000000C1 // Optional parameter not allowed
	StatusInvTLVLen       Status = 0x000000C2 // Invalid parameter length
	StatusMissingTLV      Status = 0x000000C3 // Expected optional parameter missing
	StatusInvTLVVal       Status = 0x000000C4 // Invalid optional parameter value
	StatusDeliveryFailure Status = 0x000000FE // (Transaction) Delivery failure (used for data_sm_resp)
	StatusUnknownErr      Status = 0x000000FF // Unknown error
)

// String gives the specification's name (ESME_…), or the number of a status that has none.
func (s Status) String() string {
	if name := statusName(s); name != "" {
		return name
	}
	if s >= 0x400 && s <= 0x4FF {
		return fmt.Sprintf("vendor status 0x%08x", uint32(s)) // SMPP 3.4 §5.1.3 reserves the range for SMSC vendors.
	}
	return fmt.Sprintf("status 0x%08x", uint32(s))
}
