package push

// An EncodeRequest is one message for an encoder.
type EncodeRequest struct {
	Message Message
	// Inputs holds what the encoder declared to need and the host knows, in the declared order. An input that the host does
	// not know is left out.
	Inputs []InputValue
}

// Input names something that an encoder needs beside the content. The host calls it once for every distinct set of values.
type Input string

// The inputs that an encoder may declare.
const (
	InputIMSI         Input = "imsi"         // the recipient's IMSI
	InputMSISDN       Input = "msisdn"       // the recipient's number
	InputCapabilities Input = "capabilities" // the client capabilities that came with the push
	InputParameters   Input = "parameters"   // the parameters that the policy gives
)

// An InputValue is one input beside the content.
type InputValue struct {
	Name  Input
	Value []byte
}

// Input returns the named input, and whether the host knew it.
func (r EncodeRequest) Input(name Input) ([]byte, bool) {
	for _, in := range r.Inputs {
		if in.Name == name {
			return in.Value, true
		}
	}
	return nil, false
}
