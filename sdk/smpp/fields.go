package smpp

// ESMClass is the messaging mode (bits 1–0), message type (bits 5–2) and network features (bits 7–6) of a message. SMPP 3.4 §5.2.12.
type ESMClass uint8

// Bits of ESMClass.
const (
	ModeDefault         ESMClass = 0x00 // what the SMSC does by default, usually store and forward
	ModeDatagram        ESMClass = 0x01
	ModeTransaction     ESMClass = 0x02 // "forward": the response carries the outcome of the delivery
	ModeStoreAndForward ESMClass = 0x03
	ModeMask            ESMClass = 0x03

	TypeSMSCReceipt              ESMClass = 0x04
	TypeDeliveryAck              ESMClass = 0x08
	TypeManualAck                ESMClass = 0x10
	TypeConversationAbort        ESMClass = 0x18
	TypeIntermediateNotification ESMClass = 0x20
	TypeMask                     ESMClass = 0x3C

	FeatureUDHI      ESMClass = 0x40 // the user data begins with a user data header
	FeatureReplyPath ESMClass = 0x80
)

// Mode is the messaging mode alone.
func (e ESMClass) Mode() ESMClass { return e & ModeMask }

// UDHI says whether the user data begins with a user data header.
func (e ESMClass) UDHI() bool { return e&FeatureUDHI != 0 }

// DataCoding is the coding of the user data. SMPP 3.4 §5.2.19; values from 0xC0 on are GSM data coding groups (3GPP TS 23.038).
type DataCoding uint8

// Data codings.
const (
	DataCodingDefault  DataCoding = 0x00 // the SMSC's own alphabet
	DataCodingASCII    DataCoding = 0x01
	DataCodingOctets2  DataCoding = 0x02
	DataCodingLatin1   DataCoding = 0x03
	DataCodingOctets   DataCoding = 0x04
	DataCodingUCS2     DataCoding = 0x08
	DataCodingWAPClass DataCoding = 0xF5 // 8-bit data, message class 1: the usual one of a WAP push
)

// RegisteredDelivery asks for receipts. SMPP 3.4 §5.2.17.
type RegisteredDelivery uint8

// Bits of RegisteredDelivery.
const (
	ReceiptNone         RegisteredDelivery = 0x00
	ReceiptAlways       RegisteredDelivery = 0x01
	ReceiptOnFailure    RegisteredDelivery = 0x02
	ReceiptIntermediate RegisteredDelivery = 0x10
)

// MessageState is the state of a message in the SMSC. SMPP 3.4 §5.2.28.
type MessageState uint8

// Message states.
const (
	StateEnroute       MessageState = 1
	StateDelivered     MessageState = 2
	StateExpired       MessageState = 3
	StateDeleted       MessageState = 4
	StateUndeliverable MessageState = 5
	StateAccepted      MessageState = 6
	StateUnknown       MessageState = 7
	StateRejected      MessageState = 8
)
