package pap

// vocabulary is what an element may hold; the reader uses it to say what a misspelled name was meant to be.
type vocabulary struct {
	attributes []string
	children   []string
}

func vocabularyOf(element string) vocabulary {
	address := []string{"address"}
	switch element {
	case "pap":
		return vocabulary{[]string{"product-name"}, []string{
			"push-message", "push-response", "cancel-message", "cancel-response", "resultnotification-message",
			"resultnotification-response", "statusquery-message", "statusquery-response", "ccq-message", "ccq-response",
			"badmessage-response",
		}}
	case "push-message":
		return vocabulary{
			[]string{
				"push-id", "replace-push-id", "replace-method", "deliver-before-timestamp", "deliver-after-timestamp",
				"source-reference", "progress-notes-requested", "ppg-notify-requested-to",
			},
			[]string{"address", "quality-of-service"},
		}
	case "address":
		return vocabulary{[]string{"address-value"}, nil}
	case "quality-of-service":
		return vocabulary{[]string{
			"priority", "delivery-method", "network", "network-required", "bearer", "bearer-required",
		}, nil}
	case "push-response":
		return vocabulary{
			[]string{"push-id", "sender-address", "sender-name", "reply-time"},
			[]string{"progress-note", "address", "response-result"},
		}
	case "progress-note":
		return vocabulary{[]string{"stage", "note", "time"}, nil}
	case "response-result":
		return vocabulary{[]string{"code", "desc"}, nil}
	case "cancel-message", "statusquery-message":
		return vocabulary{[]string{"push-id"}, address}
	case "cancel-response":
		return vocabulary{[]string{"push-id"}, []string{"cancel-result"}}
	case "cancel-result":
		return vocabulary{[]string{"code", "desc"}, address}
	case "resultnotification-message":
		return vocabulary{
			[]string{
				"push-id", "sender-address", "sender-name", "received-time", "event-time", "message-state", "code", "desc",
			},
			[]string{"address", "quality-of-service"},
		}
	case "resultnotification-response":
		return vocabulary{[]string{"push-id", "code", "desc"}, address}
	case "statusquery-response":
		return vocabulary{[]string{"push-id"}, []string{"statusquery-result"}}
	case "statusquery-result":
		return vocabulary{
			[]string{"event-time", "message-state", "code", "desc"},
			[]string{"address", "quality-of-service"},
		}
	case "ccq-message":
		return vocabulary{[]string{"query-id", "app-id"}, address}
	case "ccq-response":
		return vocabulary{[]string{"query-id", "code", "desc"}, address}
	case "badmessage-response":
		return vocabulary{[]string{"code", "desc", "bad-message-fragment"}, nil}
	}
	return vocabulary{}
}

// nearest returns the known name that a wrong one was most likely meant to be, "" if none is near.
func nearest(name string, known []string) string {
	switch name { // seen in public client code, and too far off for a count of letters
	case "request-progress-notes":
		name = "progress-notes-requested"
	case "results-notification-to":
		name = "ppg-notify-requested-to"
	}
	if len(name) > 64 {
		return ""
	}
	best, distance := "", max(2, len(name)/3)+1
	for _, k := range known {
		if d := editDistance(name, k); d < distance {
			best, distance = k, d
		}
	}
	return best
}

// editDistance is the Levenshtein distance in octets.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
