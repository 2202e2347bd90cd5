package pap

// word returns the text of octets; the words that most control documents hold cost no memory.
func word(b []byte) string {
	switch string(b) {
	case "xml":
		return "xml"
	case "wap-pap-ver":
		return "wap-pap-ver"
	case "pap":
		return "pap"
	case "push-message":
		return "push-message"
	case "push-id":
		return "push-id"
	case "deliver-before-timestamp":
		return "deliver-before-timestamp"
	case "deliver-after-timestamp":
		return "deliver-after-timestamp"
	case "source-reference":
		return "source-reference"
	case "progress-notes-requested":
		return "progress-notes-requested"
	case "ppg-notify-requested-to":
		return "ppg-notify-requested-to"
	case "address":
		return "address"
	case "address-value":
		return "address-value"
	case "quality-of-service":
		return "quality-of-service"
	case "priority":
		return "priority"
	case "delivery-method":
		return "delivery-method"
	case "network":
		return "network"
	case "network-required":
		return "network-required"
	case "bearer":
		return "bearer"
	case "bearer-required":
		return "bearer-required"
	case "statusquery-message":
		return "statusquery-message"
	case "true":
		return "true"
	case "false":
		return "false"
	case "high":
		return "high"
	case "medium":
		return "medium"
	case "low":
		return "low"
	case "confirmed":
		return "confirmed"
	case "preferconfirmed":
		return "preferconfirmed"
	case "unconfirmed":
		return "unconfirmed"
	case "notspecified":
		return "notspecified"
	case "GSM":
		return "GSM"
	case "SMS":
		return "SMS"
	}
	return string(b)
}

// headerLine is word for the header lines of entities.
func headerLine(b []byte) string {
	switch string(b) {
	case "Content-Type: application/xml":
		return "Content-Type: application/xml"
	case "Content-Type: text/vnd.wap.si":
		return "Content-Type: text/vnd.wap.si"
	case "Content-Type: text/vnd.wap.sl":
		return "Content-Type: text/vnd.wap.sl"
	case "Content-Type: application/vnd.wap.mms-message":
		return "Content-Type: application/vnd.wap.mms-message"
	}
	return string(b)
}
