package main

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ppgbox/ppgbox/host/pap"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// pushFlags describe a push on the command line: content from a file, control by flags or by a PAP file.
type pushFlags struct {
	Content       string        `arg:"" optional:"" type:"existingfile" help:"File with the content. Its type follows from --type or the name (.si, .sl, .xml by its root element, .mms)." placeholder:"FILE"`
	PAP           string        `name:"pap" type:"existingfile" help:"PAP control document, in place of the flags below; or a whole multipart submission, in place of the content, too." placeholder:"FILE"`
	To            []string      `help:"Recipient, several times for several: +358401234567, an IP address, user@domain, or WAPPUSH=…/TYPE=…" placeholder:"ADDRESS"`
	SI            string        `name:"si" help:"Service indication with this link in place of a content file." placeholder:"URL"`
	Text          string        `help:"What the service indication says." placeholder:"TEXT"`
	SL            string        `name:"sl" help:"Service loading of this link in place of a content file." placeholder:"URL"`
	Type          string        `help:"Content-Type of the content." placeholder:"TYPE"`
	Application   string        `help:"X-Wap-Application-Id, as x-wap-application:mms.ua." placeholder:"ID"`
	PushID        string        `name:"push-id" help:"Push-id (default: a new one)." placeholder:"ID"`
	Priority      string        `enum:"low,medium,high" default:"medium" help:"One of ${enum}."`
	Method        string        `enum:"notspecified,unconfirmed,preferconfirmed,confirmed" default:"notspecified" help:"Delivery method, one of ${enum}."`
	DeliverAfter  time.Duration `help:"Hold the push back for so long." placeholder:"DURATION"`
	DeliverBefore time.Duration `help:"Give the push up after so long." placeholder:"DURATION"`
	NotifyTo      string        `help:"URL that result notifications go to." placeholder:"URL"`
}

// submission builds the push that the flags describe.
func (f pushFlags) submission() (*pap.Submission, error) {
	if f.PAP != "" && f.Content == "" && f.SI == "" && f.SL == "" {
		return f.wholeFile()
	}
	content, err := f.content()
	if err != nil {
		return nil, &exitError{exitUsage, err}
	}
	s := &pap.Submission{Version: pap.DefaultVersion, Content: content}
	if f.PAP != "" {
		err = f.controlFile(s)
	} else {
		s.Message, err = f.control()
	}
	if err != nil {
		return nil, &exitError{exitUsage, err}
	}
	return s, nil
}

// wholeFile reads a multipart submission as it goes over the wire, with its Content-Type as the first line or without it.
func (f pushFlags) wholeFile() (*pap.Submission, error) {
	body, err := os.ReadFile(f.PAP)
	if err != nil {
		return nil, err
	}
	header := http.Header{}
	if first, rest, ok := bytes.Cut(body, []byte("\n")); ok && bytes.HasPrefix(bytes.ToLower(first), []byte("content-type:")) {
		header.Set("Content-Type", strings.TrimSpace(string(first[len("content-type:"):])))
		body = bytes.TrimLeft(rest, "\r\n")
	} else if boundary, ok := bytes.CutPrefix(bytes.TrimRight(first, "\r"), []byte("--")); ok {
		header.Set("Content-Type", fmt.Sprintf("multipart/related; type=\"application/xml\"; boundary=%q", boundary))
	}
	req, err := pap.ReadRequest(header, body, pap.Limits{})
	switch {
	case err != nil:
		return nil, &exitError{exitUsage, fmt.Errorf("%s: %w", f.PAP, err)}
	case req.Submission == nil:
		return nil, &exitError{exitUsage, fmt.Errorf("%s holds no content; give a content file, too", f.PAP)}
	}
	return req.Submission, nil
}

// controlFile reads the control document of a push.
func (f pushFlags) controlFile(s *pap.Submission) error {
	file, err := os.Open(f.PAP)
	if err != nil {
		return err
	}
	defer file.Close()
	doc, err := pap.Parse(file, "", pap.Limits{})
	if err != nil {
		return fmt.Errorf("%s: %w", f.PAP, err)
	}
	m, ok := doc.Message.(*pap.PushMessage)
	if !ok {
		return fmt.Errorf("%s is no push-message", f.PAP)
	}
	s.Version, s.Message = doc.Version, m
	return nil
}

func (f pushFlags) control() (*pap.PushMessage, error) {
	if len(f.To) == 0 {
		return nil, errors.New("nobody to push to: give --to or --pap")
	}
	now := time.Now().UTC()
	m := &pap.PushMessage{PushID: f.PushID, NotifyTo: f.NotifyTo, QoS: &pap.QualityOfService{}}
	if m.PushID == "" {
		m.PushID = "ppgbox-" + strings.ToLower(rand.Text()[:16])
	}
	if f.DeliverAfter > 0 {
		m.DeliverAfter = now.Add(f.DeliverAfter)
	}
	if f.DeliverBefore > 0 {
		m.DeliverBefore = now.Add(f.DeliverBefore)
	}
	m.QoS.Priority = map[string]push.Priority{"low": push.PriorityLow, "high": push.PriorityHigh}[f.Priority]
	m.QoS.DeliveryMethod = map[string]push.DeliveryMethod{
		"unconfirmed": push.Unconfirmed, "preferconfirmed": push.PreferConfirmed, "confirmed": push.Confirmed,
	}[f.Method]
	for _, to := range f.To {
		a, err := pap.ParseAddress(clientAddress(to))
		if err != nil {
			return nil, fmt.Errorf("--to %s: %w", to, err)
		}
		m.Addresses = append(m.Addresses, a)
	}
	return m, nil
}

// clientAddress writes what people type as an address-value (WAP-249 §7.1).
func clientAddress(to string) string {
	if strings.Contains(strings.ToUpper(to), "WAPPUSH=") {
		return to
	}
	return pap.FormatAddress(guessAddress(to), "")
}

// content reads or makes the content entity.
func (f pushFlags) content() (push.Message, error) {
	m := push.Message{ContentType: f.Type}
	if f.Application != "" {
		m.Headers = append(m.Headers, push.Header{Name: "X-Wap-Application-Id", Value: f.Application})
	}
	given := 0
	for _, source := range []string{f.SI, f.SL, f.Content} {
		if source != "" {
			given++
		}
	}
	switch {
	case given > 1:
		return m, errors.New("more than one content: give one of a content file, --si and --sl")
	case f.Text != "" && f.SI == "":
		return m, errors.New("--text is what a service indication says: give --si, too")
	case f.SI != "":
		m.Body = fmt.Appendf(nil, `<?xml version="1.0"?><si><indication href="%s">%s</indication></si>`, escape(f.SI), escape(f.Text))
	case f.SL != "":
		m.Body = fmt.Appendf(nil, `<?xml version="1.0"?><sl href="%s"/>`, escape(f.SL))
	case f.Content != "":
		var err error
		if m.Body, err = os.ReadFile(f.Content); err != nil {
			return m, err
		}
	default:
		return m, errors.New("nothing to push: give a content file, --si or --sl")
	}
	if m.ContentType == "" {
		if m.ContentType = guessType(f.Content, m.Body); m.ContentType == "" {
			return m, fmt.Errorf("the content type of %s can not be told from its name: give --type", f.Content)
		}
	}
	return m, nil
}

func guessType(name string, body []byte) string {
	switch {
	case bytes.Contains(body, []byte("<indication")):
		return "text/vnd.wap.si"
	case bytes.Contains(body, []byte("<sl ")):
		return "text/vnd.wap.sl"
	}
	return map[string]string{
		".si": "text/vnd.wap.si", ".sl": "text/vnd.wap.sl", ".sic": "application/vnd.wap.sic", ".slc": "application/vnd.wap.slc",
		".mms": "application/vnd.wap.mms-message", ".txt": "text/plain",
	}[filepath.Ext(name)]
}

// escape makes text fit for XML.
func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(s)
}
