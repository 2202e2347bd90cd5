package wire

import (
	"encoding/hex"
	"fmt"
	"strings"
)

// A Document is a WBXML document as tshark renders it.
type Document struct {
	Title    string // "WAP Binary XML, Version: 1.2, Public ID: …"
	Octets   []byte
	Elements []Element // in document order, without their nesting
}

// An Element is one element with its attributes and the text in it.
type Element struct {
	Name       string
	Attributes map[string]string
	Text       string
}

// Document returns the WBXML document in the packet.
func (p Packet) Document() (Document, error) {
	documents := p.find("wbxml")
	if len(documents) != 1 {
		return Document{}, fmt.Errorf("tshark found %d WBXML documents in the packet, want 1", len(documents))
	}
	d := Document{Title: documents[0].ShowName}
	// The parts follow each other without a gap: version, public id, charset, string table, body.
	for _, part := range documents[0].Fields {
		octets, err := hex.DecodeString(part.Value)
		if err != nil {
			return Document{}, fmt.Errorf("value of %q: %w", part.ShowName, err)
		}
		d.Octets = append(d.Octets, octets...)
	}
	if len(d.Octets) != documents[0].Size {
		return Document{}, fmt.Errorf("tshark shows %d octets of a WBXML document of %d", len(d.Octets), documents[0].Size)
	}
	d.render(documents[0].Fields)
	return d, nil
}

// render follows tshark's lines: attribute starts come as name='begin of value', their other pieces and text as they are.
func (d *Document) render(fields []Field) {
	attribute := "" // being rendered; "" between a tag's end and the next attribute start
	add := func(text string) {
		if len(d.Elements) == 0 {
			return
		}
		e := &d.Elements[len(d.Elements)-1]
		if attribute != "" {
			e.Attributes[attribute] += text
		} else {
			e.Text += text
		}
	}
	for _, f := range fields {
		switch f.Name {
		case "wbxml.known_tag":
			d.Elements = append(d.Elements, Element{Name: f.Show, Attributes: map[string]string{}})
			attribute = ""
		case "wbxml.known_attrstart":
			name, value, _ := strings.Cut(f.Show, "=")
			attribute = name
			add(unquote(value))
		case "wbxml.known_attrvalue":
			add(unquote(f.Show))
		case "wbxml.str_i", "wbxml.str_t":
			add(f.Show)
		case "wbxml.opaque_data":
			_, text, ok := strings.Cut(f.ShowName, "%DateTime: ")
			if !ok {
				text = f.Show
			}
			add(text)
		case "wbxml.entity":
			add("&" + f.Show + ";")
		case "wbxml.end_attribute_list":
			attribute = ""
		default:
			d.render(f.Fields)
		}
	}
}

func unquote(s string) string { return strings.TrimSuffix(strings.TrimPrefix(s, "'"), "'") }
