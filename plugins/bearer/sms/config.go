package sms

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ppgbox/ppgbox/sdk/esme"
	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/smpp"
	"github.com/ppgbox/ppgbox/sdk/wdp"
)

// Sample is a configuration with every key and its default.
//
//go:embed sample.toml
var Sample string

// file is the configuration as it is written.
type file struct {
	Source             string      `toml:"source"`
	SourceTON          *int        `toml:"source_ton"`
	SourceNPI          *int        `toml:"source_npi"`
	Mode               string      `toml:"mode"`
	Submit             string      `toml:"submit"`
	StoreMode          string      `toml:"store_mode"`
	RegisteredDelivery bool        `toml:"registered_delivery"`
	MessageID          string      `toml:"message_id"`
	ReceiptTimeout     string      `toml:"receipt_timeout"`
	Window             string      `toml:"window"`
	DataCoding         int         `toml:"data_coding"`
	ReferenceBits      int         `toml:"reference_bits"`
	MaxSegments        int         `toml:"max_segments"`
	ServiceType        string      `toml:"service_type"`
	InFlight           *int        `toml:"in_flight"`
	Resends            *int        `toml:"resends"`
	Pause              string      `toml:"pause"`
	MaxPause           string      `toml:"max_pause"`
	Links              []esme.File `toml:"link"`
}

// config is the configuration as it is used.
type config struct {
	mode           mode
	form           form
	storeMode      smpp.ESMClass
	registered     bool
	notation       notation
	receiptTimeout time.Duration
	source         smpp.Address
	window         time.Duration
	dataCoding     smpp.DataCoding
	wide           bool
	maxSegments    int
	serviceType    string
	inFlight       int
	resends        int32 // as in smstx.Message
	pause          time.Duration
	maxPause       time.Duration
	links          []esme.Config
}

const (
	maxServiceType = 5 // octets (SMPP 3.4 §5.2.11)
	maxSource      = 20
	maxInFlight    = 1_000_000
	maxResends     = 1_000_000
	// What waits for receipts is in flight for long.
	defaultInFlight = 1000
	defaultStored   = 10_000
)

func keys() []plugin.Key {
	return append([]plugin.Key{
		{Name: "source", Type: "string", Required: true, Doc: "sender that terminals see: a number, a short code or a name"},
		{Name: "source_ton", Type: "integer", Doc: "type of number of the source; left out: guessed from it"},
		{Name: "source_npi", Type: "integer", Doc: "numbering plan of the source; left out: guessed from it"},
		{Name: "mode", Type: "string", Default: `"integrated"`, Doc: "integrated: this bearer segments and awaits each answer; delegate: the SMSC does; receipts: the SMSC stores, and sends receipts"},
		{Name: "submit", Type: "string", Default: `"auto"`, Doc: "delegate: data_sm, submit_sm, or auto: what the SMSC takes"},
		{Name: "store_mode", Type: "string", Default: `"store_and_forward"`, Doc: "receipts: message mode of the segments, store_and_forward or default"},
		{Name: "registered_delivery", Type: "boolean", Default: "true", Doc: "receipts: ask for them; without, a push is accepted and never delivered"},
		{Name: "message_id", Type: "string", Default: `"auto"`, Doc: "receipts: how ids in them are written: auto, same, hex_to_dec, dec_to_hex"},
		{Name: "receipt_timeout", Type: "duration", Default: `"1h"`, Doc: "receipts: the SMSC may try, and they may come, for so long"},
		{Name: "window", Type: "duration", Default: `"60s"`, Doc: "time for all segments of a push, from the first one on; delegate: that the SMSC is given for a push that it takes"},
		{Name: "resends", Type: "integer", Doc: "times that segments of a push are sent again in the window; left out: no limit"},
		{Name: "pause", Type: "duration", Default: `"200ms"`, Doc: "time between two submissions of a segment that failed; it doubles"},
		{Name: "max_pause", Type: "duration", Default: `"5s"`, Doc: "the longest pause"},
		{Name: "data_coding", Type: "integer", Default: "0xF5", Doc: "data_coding of the segments: 0xF5 or 4, as the SMSC wants it"},
		{Name: "reference_bits", Type: "integer", Default: "8", Doc: "size of concatenation references: 8 or 16"},
		{Name: "max_segments", Type: "integer", Default: "10", Doc: "longer pushes are refused"},
		{Name: "service_type", Type: "string", Default: `""`, Doc: "service_type of the segments"},
		{Name: "in_flight", Type: "integer", Default: "1000", Doc: "pushes taken from the gateway at once, never fewer than the links have places; with receipts 10000"},
		{Name: "link", Type: "list of tables", Required: true, Doc: "binds to the network, which share the load"},
	}, esme.Keys("link[].")...)
}

func parseConfig(c plugin.Config) (config, error) {
	f := file{
		Mode: integrated.String(), Submit: formNames[formAuto], StoreMode: storeAndForward, RegisteredDelivery: true, MessageID: notationNames[notationAuto],
		ReceiptTimeout: "1h", Window: "60s", Pause: "200ms", MaxPause: "5s", DataCoding: int(smpp.DataCodingWAPClass), ReferenceBits: 8, MaxSegments: 10,
	}
	problems := c.Decode(&f)
	parsed := config{
		dataCoding: smpp.DataCoding(f.DataCoding), wide: f.ReferenceBits == 16, maxSegments: f.MaxSegments,
		serviceType: f.ServiceType, inFlight: defaultInFlight,
	}
	parsed.source = f.source(&problems)
	f.modes(&problems, &parsed)
	parsed.window = duration(&problems, "window", f.Window)
	parsed.pause, parsed.maxPause = duration(&problems, "pause", f.Pause), duration(&problems, "max_pause", f.MaxPause)
	if parsed.maxPause < parsed.pause {
		problems.Addf("max_pause", "is shorter than pause")
	}
	if f.DataCoding < 0 || f.DataCoding > 0xFF {
		problems.Addf("data_coding", "%d is not one octet", f.DataCoding)
	}
	if f.ReferenceBits != 8 && f.ReferenceBits != 16 {
		problems.Addf("reference_bits", "must be 8 or 16, not %d", f.ReferenceBits)
	}
	if f.MaxSegments < 1 || f.MaxSegments > wdp.MaxSegments {
		problems.Addf("max_segments", "must be 1 to %d, not %d", wdp.MaxSegments, f.MaxSegments)
	}
	if len(f.ServiceType) > maxServiceType {
		problems.Addf("service_type", "must have %d octets at most", maxServiceType)
	}
	if parsed.mode == receipts {
		parsed.inFlight = defaultStored
	}
	if n := f.InFlight; n != nil {
		if parsed.inFlight = *n; *n < 1 || *n > maxInFlight {
			problems.Addf("in_flight", "must be 1 to %d, not %d", maxInFlight, *n)
		}
	}
	if n := f.Resends; n != nil {
		switch parsed.resends = int32(min(*n, maxResends)); {
		case *n < 0 || *n > maxResends:
			problems.Addf("resends", "must be 0 to %d, not %d", maxResends, *n)
		case *n == 0:
			parsed.resends = -1
		}
	}
	if len(f.Links) == 0 {
		problems.Addf("link", "is missing: there is no way to the network")
	}
	if len(f.Links) > esme.MaxLinks {
		problems.Addf("link", "there are %d, at most %d can be", len(f.Links), esme.MaxLinks)
	}
	for i, l := range f.Links {
		at := fmt.Sprintf("link.%d.", i)
		link := l.Parse(&problems, at)
		if parsed.mode == receipts && parsed.registered && !link.Receives() {
			problems.Addf(at+"bind", "receipts do not come to a transmitter")
		}
		if wait := link.ResponseTimeout(); parsed.mode == delegate && wait > 0 && wait < parsed.window {
			problems.Addf(at+"response_timeout", "%s is shorter than window (%s): the SMSC's answer may come after it", wait, parsed.window)
		}
		parsed.links = append(parsed.links, link)
	}
	return parsed, problems.Err()
}

// The message modes for what is stored.
const (
	storeAndForward = "store_and_forward"
	storeDefault    = "default"
)

// modes reads the mode and the keys of each.
func (f file) modes(problems *plugin.Problems, c *config) {
	c.mode = mode(choice(problems, "mode", f.Mode, modeNames[:]))
	c.form = form(choice(problems, "submit", f.Submit, formNames[:]))
	c.notation = notation(choice(problems, "message_id", f.MessageID, notationNames[:]))
	c.registered = f.RegisteredDelivery
	if choice(problems, "store_mode", f.StoreMode, []string{storeAndForward, storeDefault}) == 0 {
		c.storeMode = smpp.ModeStoreAndForward
	}
	c.receiptTimeout = duration(problems, "receipt_timeout", f.ReceiptTimeout)
	if c.mode != receipts {
		return
	}
	if c.receiptTimeout > maxRelative {
		problems.Addf("receipt_timeout", "must be %s at most", maxRelative)
	}
	if f.MaxSegments > maxStoredSegments {
		problems.Addf("max_segments", "must be %d at most with mode = %q", maxStoredSegments, receipts)
	}
}

// choice is the place of a word among those that are allowed.
func choice(problems *plugin.Problems, key, given string, allowed []string) int {
	i := slices.Index(allowed, given)
	if i < 0 {
		problems.Addf(key, "must be \"%s\", not %q", strings.Join(allowed, "\" or \""), given)
	}
	return max(i, 0)
}

func (f file) source(problems *plugin.Problems) smpp.Address {
	a := sourceOf(f.Source)
	number := func(key string, given *int) uint8 {
		if *given < 0 || *given > 0xFF {
			problems.Addf(key, "%d is not one octet", *given)
		}
		return uint8(*given)
	}
	if f.SourceTON != nil {
		a.TON = smpp.TON(number("source_ton", f.SourceTON))
	}
	if f.SourceNPI != nil {
		a.NPI = smpp.NPI(number("source_npi", f.SourceNPI))
	}
	switch {
	case f.Source == "":
		problems.Addf("source", "is missing")
	case len(f.Source) > maxSource:
		problems.Addf("source", "must have %d characters at most", maxSource)
	case a.TON == smpp.TONAlphanumeric && len(f.Source) > maxAlphanumeric:
		problems.Addf("source", "a name must have %d characters at most", maxAlphanumeric)
	}
	for _, r := range f.Source {
		if r < ' ' || r > '~' {
			problems.Addf("source", "%q can not be written in a sender", r)
			break
		}
	}
	return a
}

func duration(problems *plugin.Problems, key, text string) time.Duration {
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		problems.Addf(key, "%q is no duration; write it like \"60s\"", text)
	case d <= 0:
		problems.Addf(key, "must be longer than nothing, not %s", text)
	}
	return d
}

// load reads the files that the links name.
func (c *config) load() error {
	var problems plugin.Problems
	for i := range c.links {
		c.links[i].Load(&problems, fmt.Sprintf("link.%d.", i))
	}
	return problems.Err()
}
