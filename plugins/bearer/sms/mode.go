package sms

// A mode says who cuts a push into segments, and what its result is.
type mode uint8

const (
	integrated mode = iota // this bearer; the answers to the segments
	delegate               // the SMSC; its answer
	receipts               // this bearer; receipts of the segments, which the SMSC stores and forwards
)

var modeNames = [...]string{"integrated", "delegate", "receipts"}

func (m mode) String() string { return modeNames[m] }

// A form is how a whole push is handed to the SMSC in delegate mode.
type form uint8

const (
	formAuto   form = iota // data_sm, or submit_sm where the SMSC does not know that
	formData               // data_sm
	formSubmit             // submit_sm with message_payload
)

var formNames = [...]string{"auto", "data_sm", "submit_sm"}

// A notation is how the message ids in receipts are written, compared with those in answers.
type notation uint8

const (
	notationAuto     notation = iota // any of the others
	notationSame                     // the same, but for case and leading zeros
	notationHexToDec                 // hexadecimal in answers, decimal in receipts
	notationDecToHex                 // decimal in answers, hexadecimal in receipts
)

var notationNames = [...]string{"auto", "same", "hex_to_dec", "dec_to_hex"}
