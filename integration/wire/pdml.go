package wire

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"os/exec"
	"strings"
)

// A Field is a protocol or a field of a packet in tshark's PDML: Name is the display filter name, Show the value as tshark
// prints it, Value its octets in hex.
type Field struct {
	Name     string  `xml:"name,attr"`
	Show     string  `xml:"show,attr"`
	ShowName string  `xml:"showname,attr"`
	Size     int     `xml:"size,attr"`
	Value    string  `xml:"value,attr"`
	Fields   []Field `xml:"field"`
	// Inner are protocols that tshark puts below a field, as it does with what a short message holds.
	Inner []Field `xml:"proto"`
}

// A Packet is a frame with the protocols that tshark found in it, outermost first.
type Packet struct {
	Protocols []Field `xml:"proto"`
}

// decode has tshark decode a capture file.
func decode(file, display string, dissect []string) ([]Packet, error) {
	arguments := []string{"-n", "-r", file, "-T", "pdml", "-Y", display}
	for _, d := range dissect {
		arguments = append(arguments, "-d", d)
	}
	cmd := exec.Command("tshark", arguments...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	pdml, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("tshark %s: %w: %s", strings.Join(arguments, " "), err, stderr.String())
	}
	var all struct {
		Packets []Packet `xml:"packet"`
	}
	if err := xml.Unmarshal(pdml, &all); err != nil {
		return nil, fmt.Errorf("tshark's PDML of %s: %w", file, err)
	}
	return all.Packets, nil
}

// Split returns the parts of a packet that begin with a protocol, one for each PDU of it; what comes before is in none of them.
func (p Packet) Split(protocol string) []Packet {
	var parts []Packet
	for _, f := range p.Protocols {
		if f.Name == protocol {
			parts = append(parts, Packet{})
		}
		if len(parts) > 0 {
			last := &parts[len(parts)-1]
			last.Protocols = append(last.Protocols, f)
		}
	}
	return parts
}

// All returns what tshark shows for every field of that name, in the order of the packet.
func (p Packet) All(name string) []string {
	var shown []string
	for _, f := range p.find(name) {
		shown = append(shown, f.Show)
	}
	return shown
}

// Show returns what tshark shows for the fields of that name, separated by commas.
func (p Packet) Show(name string) string { return strings.Join(p.All(name), ",") }

func (p Packet) find(name string) []Field {
	var found []Field
	var look func([]Field)
	look = func(fields []Field) {
		for _, f := range fields {
			if f.Name == name {
				found = append(found, f)
			}
			look(f.Fields)
			look(f.Inner)
		}
	}
	look(p.Protocols)
	return found
}
